"""`slmdesk models` and its actions: a file or two for each family of them, put together in `dispatch`."""
