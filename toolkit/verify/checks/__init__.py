"""What is asked of a guest that can be reached, one question a module, and how the answers are judged."""
