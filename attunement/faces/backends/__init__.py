"""What finds faces: the networks run directly, MediaPipe's Task, tables, a fake for tests."""
