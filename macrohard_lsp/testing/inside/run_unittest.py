"""Started in the user's interpreter instead of `-m unittest`: the same tests, with our reporter. Needs no pytest.

What to do arrives as the first line on the channel, as for pytest.
"""

import os
import sys


def main():
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))
    from run_pytest import arrange_path

    arrange_path()
    import macrohard_inside_channel as channels
    import macrohard_inside_relocation as relocation

    channel = channels.open_channel(int(os.environ.pop("MACROHARD_CHANNEL_FD")))
    options = channel.receive_options()
    relocation.relocate(options["original"], options["workspace"])
    channel.answer_stack_requests()
    import macrohard_inside_unittest

    return macrohard_inside_unittest.run(channel, options)


if __name__ == "__main__":
    sys.exit(main())
