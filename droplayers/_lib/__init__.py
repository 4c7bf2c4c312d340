"""What the functions are made of. Nothing here is for users."""
