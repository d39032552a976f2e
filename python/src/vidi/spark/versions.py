"""placeholder"""
def check_version() -> None:
    pass
