"""How the infant's recording lies on the caregiver's, and how sure that is."""
