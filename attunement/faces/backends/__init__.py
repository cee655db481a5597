"""What finds faces: MediaPipe, a table of another program, and a fake for tests."""
