"""What a Socket.IO server must do on the wire; proven on the reference, held against ours."""
