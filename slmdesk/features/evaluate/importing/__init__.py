"""Documents, questions and answers that come from files, folders, web pages and tables."""
