"""The infant's events and the caregiver's answers: type, promptness, contingency."""
