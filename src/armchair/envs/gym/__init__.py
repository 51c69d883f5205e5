"""Our tasks as Gymnasium environments."""
