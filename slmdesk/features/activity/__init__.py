"""What the program did and said lately, to be found again."""
