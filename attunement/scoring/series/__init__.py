"""A session's signals as arrays, gaps and all."""
