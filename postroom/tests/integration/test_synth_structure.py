"""What `pst-synth` writes is valid below the messages too: trailers, trees, maps, header."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest
from tests_support import pst_pages, synthetic


@pytest.fixture(params=["unicode", "ansi14"])
def file(request, tmp_path):
    """A file of several sections, in a wide and in a narrow format."""
    options = ("--mails", "80", "--size", "3000000", "--format", request.param)
    return synthetic.write(tmp_path, "small", *options).pst.read_bytes()


def test_both_crcs_of_the_header_are_right_and_it_knows_the_size(file):
    """dwCRCPartial over 471 bytes, dwCRCFull over 516 in the wide format, ibFileEof, ibAMapLast."""
    assert struct.unpack_from("<I", file, 4)[0] == pst_pages.weak_crc(file[8:479])
    if pst_pages.shape_of(file).is_wide:
        assert struct.unpack_from("<I", file, 524)[0] == pst_pages.weak_crc(file[8:524])
    root = pst_pages.root_of(file)
    assert root.end == len(file) == root.last_map + pst_pages.SECTION


def test_every_block_has_its_trailer_and_no_two_share_a_place(file):
    """Size, signature, id and CRC of each; ids ascend; none crosses an allocation map."""
    found, shape = pst_pages.blocks(file), pst_pages.shape_of(file)
    for block in found:
        pst_pages.check_block(file, block)
    assert [block.bid for block in found] == sorted({block.bid for block in found})
    spans = sorted((block.at, block.at + block.span(shape)) for block in found)
    assert all(end <= at for (_, end), (at, _) in pairwise(spans))
    assert all(
        (at - pst_pages.FIRST_MAP) // pst_pages.SECTION
        == (end - 1 - pst_pages.FIRST_MAP) // pst_pages.SECTION
        for at, end in spans
    )


def test_nodes_ascend_and_name_blocks_and_parents_that_exist(file):
    """Every data and subnode block is listed; every parent is a node or zero."""
    found = pst_pages.nodes(file)
    bids = {block.bid for block in pst_pages.blocks(file)} | {0}
    nids = [nid for nid, *_ in found]
    assert nids == sorted(set(nids))
    assert {0x21, 0x61, 0x122, 0x60D, 0x60E, 0x60F, 0x671, 0x692} <= set(nids)
    for _, data, inner, parent in found:
        assert {data, inner} <= bids
        assert parent == 0 or parent in nids


def test_the_maps_say_taken_where_something_lies_and_nowhere_else(file):
    """Blocks, pages of both trees and the maps themselves; the header counts what is free."""
    shape, root = pst_pages.shape_of(file), pst_pages.root_of(file)
    taken = pst_pages.allocated(file)
    blocks = {
        at
        for block in pst_pages.blocks(file)
        for at in range(block.at, block.at + block.span(shape), 64)
    }
    assert blocks <= taken
    sections = range(pst_pages.FIRST_MAP, root.last_map + 1, pst_pages.SECTION)
    free = sum(pst_pages.SECTION for _ in sections) - 64 * len(taken)
    assert free == root.free_bytes
    others = taken - blocks
    pages = {at - at % pst_pages.PAGE for at in others}
    assert 64 * len(others) == pst_pages.PAGE * len(pages)
    for at in pages:
        page = file[at : at + pst_pages.PAGE]
        is_map = page[-shape.trailer] >= 0x82
        pst_pages.check_trailer(shape, page, at, is_map=is_map)


def test_a_page_map_follows_every_eighth_allocation_map(file):
    """Deprecated pages keep their fixed places."""
    root, shape = pst_pages.root_of(file), pst_pages.shape_of(file)
    every = 8 * pst_pages.SECTION
    for at in range(pst_pages.FIRST_MAP + pst_pages.PAGE, root.last_map, every):
        page = file[at : at + pst_pages.PAGE]
        assert pst_pages.check_trailer(shape, page, at, is_map=True) == (0x83, at)


def test_the_checks_see_a_single_wrong_byte(file):
    """A test of the tests: one byte of a block, and one of an allocation map."""
    block = pst_pages.blocks(file)[10]
    broken = bytearray(file)
    broken[block.at] ^= 1
    with pytest.raises(ValueError, match="CRC"):
        pst_pages.check_block(bytes(broken), block)
    broken = bytearray(file)
    broken[pst_pages.FIRST_MAP + 100] ^= 1
    with pytest.raises(ValueError, match="type or CRC"):
        pst_pages.allocated(bytes(broken))
