"""What is kept: chats, comparison runs and their answers, in one SQLite file."""
