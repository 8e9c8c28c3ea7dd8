"""Log lines by structlog: everything in this process that logs ends here, and no secret leaves."""
