"""Clock, passwords and access tokens: only this package knows argon2, bcrypt and JWT."""
