"""What scenes look like: shapes, materials, pictures, the asset for the player in the browser."""
