"""The book's one pseudo-random generator: Philox4x32-10, the same numbers here and in the browser (``web/src/philox.js``).

Philox is counter-based (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11, 2011): a
number is a function of where it is used, not of what was drawn before. The place is given by a seed and three whole
numbers, so that the 17th patient, or a cell's 400th step, can be drawn alone, in any order, on any machine.

Counter words: index, step, stream, 0. Key words: seed, 0. The tests hold the generator against Random123's known answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)
ROUNDS = 10


def philox4x32(counter: Any, key: Any) -> np.ndarray:
    """The four output words of each counter.

    ``counter`` has the shape (..., 4) and ``key`` (..., 2), whole numbers from 0 to 2**32 - 1 that broadcast; the result is
    ``uint32`` of the shape (..., 4).
    """
    c0, c1, c2, c3 = np.moveaxis(np.asarray(counter, dtype=np.uint64), -1, 0)
    k0, k1 = np.moveaxis(np.asarray(key, dtype=np.uint64), -1, 0)
    for turn in range(ROUNDS):
        if turn:
            k0, k1 = (k0 + np.uint64(_W0)) & _LOW, (k1 + np.uint64(_W1)) & _LOW
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
    return np.stack(np.broadcast_arrays(c0, c1, c2, c3), axis=-1).astype(np.uint32)


def uniform(seed: int, stream: int, step: Any, index: Any) -> np.ndarray:
    """Four numbers between 0 and 1, both excluded, for each (step, index).

    Parameters
    ----------
    seed, stream : whole numbers from 0 to 2**32 - 1: the run, and what the numbers are for
    step, index : whole numbers or arrays of them that broadcast to one shape

    Returns
    -------
    array of that shape and 4: multiples of 2**-32 from the middle of the first to the middle of the last
    """
    step, index = np.broadcast_arrays(step, index)
    counter = np.stack([index, step, np.full(index.shape, stream), np.zeros(index.shape, dtype=int)], axis=-1)
    return (philox4x32(counter, np.array([seed, 0])) + 0.5) / 2.0**32


def normal(seed: int, stream: int, step: Any, index: Any) -> np.ndarray:
    """Four standard normal numbers for each (step, index), by the method of Box and Muller; arguments as :func:`uniform`.

    They agree with the browser's to a few units of the last place: logarithm and cosine are each platform's own.
    """
    u = uniform(seed, stream, step, index)
    radius = np.sqrt(-2 * np.log(u[..., 0::2]))
    angle = 2 * np.pi * u[..., 1::2]
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(u.shape)
