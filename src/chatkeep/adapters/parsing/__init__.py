"""Files to text where they can do no harm: `pool` keeps processes that parse, `in_process` does without.

    pool ──socket── child     one document at a time, within `limits`, behind the filter of `confine`

A file is anybody's: it may make a parser hang, eat the machine's memory, crash, or worse. So each is
parsed by a process that may be killed and that nothing else depends on. `frames` is what crosses the
socket; `answers` checks what comes back like any stranger's word.
"""
