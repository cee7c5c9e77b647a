"""One contract, several engines that run models."""
