"""Mail by SMTP: only this package knows aiosmtplib."""
