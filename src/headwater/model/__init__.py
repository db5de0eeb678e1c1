"""Values only: what the rooms hand to each other. No file, socket, database, clock or chance in here."""
