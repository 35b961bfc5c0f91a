"""Whether enough bricks and servers are there; pure."""

from dataclasses import replace

from gluster.state import BrickState, PoolState, VolumeState


def has_quorum(volume: VolumeState) -> bool | None:
    """Whether its clients may write: in each replica set enough bricks run (`cluster.quorum-type`)."""
    verdicts = [_set_has_quorum(volume, bricks) for bricks in volume.replica_sets]
    return False if False in verdicts else None if None in verdicts else True


def _set_has_quorum(volume: VolumeState, bricks: tuple[BrickState, ...]) -> bool | None:
    """With half of an even number the first brick decides, as in AFR."""
    up, unknown = sum(brick.online is True for brick in bricks), sum(brick.online is None for brick in bricks)
    enough, first = _needed(volume, len(bricks)), bricks[0].online

    def is_enough(number: int, first_up: bool) -> bool:
        half = volume.options.get("cluster.quorum-type", "auto") == "auto" and 2 * number == len(bricks)
        return number >= enough or (half and first_up)

    if is_enough(up, first is True):
        return True
    return None if is_enough(up + unknown, first is not False) else False


def _needed(volume: VolumeState, bricks: int) -> int:
    kind, count = volume.options.get("cluster.quorum-type", "auto"), volume.options.get("cluster.quorum-count", "")
    if kind == "fixed" and count.isdecimal():
        return int(count)
    return 1 if kind == "none" else bricks // 2 + 1


def certain(state: PoolState, volume: VolumeState) -> VolumeState:
    """`volume` with the bricks of servers that are not connected taken as down: for this server they are."""

    def known(brick: BrickState) -> BrickState:
        peer = state.peer_of(brick)
        away = brick.online is None and peer is not None and not peer.connected
        return replace(brick, online=False) if away else brick

    return replace(volume, bricks=tuple(map(known, volume.bricks)))


def would_lose_quorum(state: PoolState, volume: VolumeState, server: str) -> bool:
    """Whether the volume, which can be written or not, could not be without the bricks of `server`."""
    if all(brick.where.server != server for brick in volume.bricks) or volume.replica == 1:
        return False
    bricks = (replace(one, online=False) if one.where.server == server else one for one in volume.bricks)
    return has_quorum(certain(state, replace(volume, bricks=tuple(bricks)))) is not True


def has_majority(state: PoolState) -> bool:
    """Whether this server agrees with more than half of the pool, itself among them; of two each is enough."""
    agree, all_ = 1 + sum(peer.ready for peer in state.peers), 1 + len(state.peers)
    return 2 * agree > all_ or all_ <= 2


def is_unknown(state: PoolState, volume: VolumeState) -> bool:
    """Whether nothing is known of any brick that could have been asked about, not even from its disk."""
    asked = [brick for brick in volume.bricks if not is_unreachable(state, brick)]
    wrong = [brick for brick in asked if brick.folder is not None and not brick.folder.is_marked]
    return bool(asked) and not wrong and all(brick.online is None for brick in asked)


def is_unreachable(state: PoolState, brick: BrickState) -> bool:
    """Whether nobody is asked about it, because its server is not connected or not in the pool as it should be."""
    peer = state.peer_of(brick)
    return brick.online is None and peer is not None and not peer.ready
