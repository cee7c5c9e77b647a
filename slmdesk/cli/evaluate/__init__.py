"""`slmdesk eval` and its actions: a file for each, put together in `dispatch`."""
