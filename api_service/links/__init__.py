"""The page behind the links of reminder e-mails."""
