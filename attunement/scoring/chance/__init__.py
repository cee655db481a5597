"""What chance looks like: surrogates, and which of them an episode is compared with."""
