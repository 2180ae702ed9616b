"""A line between two network devices, with a delay and a rate, for kernels whose tc has no netem.

python3 delay.py LEFT RIGHT SECONDS BYTES_PER_SECOND makes the TUN devices LEFT and RIGHT, prints "ready", and passes each
packet from one to the other: it takes its bytes' time on the line, one packet after another, and arrives SECONDS later.
"""
import ctypes
import fcntl
import os
import select
import struct
import sys
import time
from collections import deque

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
LONGEST = 65536


def tun(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


left, right = tun(sys.argv[1]), tun(sys.argv[2])
delay, rate = float(sys.argv[3]), float(sys.argv[4])
# Timers are 50 microseconds late by default, which is half of the shortest delay.
ctypes.CDLL(None).prctl(29, 1, 0, 0, 0)
print("ready", flush=True)

other = {left: right, right: left}
under_way = {left: deque(), right: deque()}
free_at = {left: 0.0, right: 0.0}
while True:
    due = [packets[0][0] for packets in under_way.values() if packets]
    wait = max(0.0, min(due) - time.monotonic()) if due else None
    for source in select.select([left, right], [], [], wait)[0]:
        try:
            packet = os.read(source, LONGEST)
        except BlockingIOError:
            continue
        sent = max(time.monotonic(), free_at[source]) + len(packet) / rate
        free_at[source] = sent
        under_way[source].append((sent + delay, packet))
    now = time.monotonic()
    for source, packets in under_way.items():
        while packets and packets[0][0] <= now:
            try:
                os.write(other[source], packets[0][1])
            except OSError:
                pass
            packets.popleft()
