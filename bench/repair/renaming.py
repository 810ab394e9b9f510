def renamed(bug):
    return bug


def differences(a, b, c):
    return []
