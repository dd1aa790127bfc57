use super::*;

fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 8).unwrap()
}

fn reserve() -> Box<Reserve> {
    // SAFETY: zeros are a valid reserve: its bytes, and marks that are not set.
    unsafe { Box::new_zeroed().assume_init() }
}

#[test]
fn the_reserve_gives_out_blocks_that_do_not_overlap_until_it_is_used_up() {
    let reserve = reserve();
    let (mut blocks, mut total) = (Vec::new(), 0);
    for size in [1, 63, 64, 65, 4096, LARGEST].into_iter().cycle() {
        let block = reserve.take(layout(size));
        if block.is_null() {
            break;
        }
        assert!(reserve.holds(block) && block.addr().is_multiple_of(UNIT));
        let start = block.addr() - reserve.start().addr();
        blocks.push((start, start + size));
        total += size.div_ceil(UNIT) * UNIT;
    }
    assert!(total <= UNIT * UNITS && total + LARGEST + UNIT > UNIT * UNITS);
    blocks.sort_unstable();
    assert!(blocks.windows(2).all(|pair| pair[0].1 <= pair[1].0));
    for (start, end) in blocks {
        reserve.give_back(reserve.start().wrapping_add(start), layout(end - start));
    }
    assert!(reserve.taken.iter().all(|unit| !unit.load(Ordering::Relaxed)));
    assert!(!reserve.take(layout(LARGEST)).is_null());
}

#[test]
fn the_reserve_refuses_what_is_too_large_or_too_widely_aligned() {
    let reserve = reserve();
    assert!(reserve.take(layout(LARGEST + 1)).is_null());
    assert!(reserve.take(Layout::from_size_align(8, 2 * UNIT).unwrap()).is_null());
    assert!(reserve.taken.iter().all(|unit| !unit.load(Ordering::Relaxed)));
    let own = 0_u8;
    assert!(!reserve.holds((&raw const own).cast_mut()));
}

#[test]
fn a_block_of_the_process_reserve_goes_back_to_it_wiped() {
    let layout = layout(200);
    let block = RESERVE.take(layout);
    // SAFETY: a block of 200 bytes, which nobody else has.
    unsafe { ptr::write_bytes(block, 0x5A, 200) };
    // SAFETY: the block is HEAP's, of that layout; it is moved.
    let moved = unsafe { HEAP.realloc(block, layout, 400) };
    assert!(!RESERVE.holds(moved));
    // SAFETY: at least 400 bytes are there, of which 200 were copied.
    let bytes = unsafe { std::slice::from_raw_parts(moved, 200) };
    assert_eq!(bytes, [0x5A; 200]);
    // SAFETY: the reserve's memory is there as long as the process.
    let left = unsafe { std::slice::from_raw_parts(block, 200) };
    assert_eq!(left, [0; 200]);
    // SAFETY: it has that layout since it was moved.
    unsafe { HEAP.dealloc(moved, Layout::from_size_align(400, 8).unwrap()) };
}

#[test]
fn what_is_freed_is_wiped() {
    let mut memory = [0x5A_u8; 100];
    // SAFETY: the array's own bytes.
    unsafe { wipe(memory.as_mut_ptr(), 99) };
    assert_eq!((&memory[..99], memory[99]), (&[0; 99][..], 0x5A));
}

#[test]
fn what_peers_decide_on_is_made_or_refused() {
    assert_eq!(*boxed(7_u64).unwrap(), 7);
    assert_eq!(*boxed(()).unwrap(), ());
    assert_eq!(*shared([1_u8; 30]).unwrap(), [1; 30]);
    assert_eq!(copied(b"bytes").unwrap(), b"bytes");
    assert_eq!(copied(b"").unwrap(), b"");
    let mut numbers = list::<u32>(3).unwrap();
    assert_eq!((numbers.len(), numbers.capacity()), (0, 3));
    numbers.extend([1, 2, 3, 4]);
    assert_eq!(numbers, [1, 2, 3, 4]);
    look_for(0).unwrap();
    look_for(1000).unwrap();
    for refused in [list::<u64>(usize::MAX / 4).map(drop), look_for(isize::MAX.cast_unsigned())] {
        assert_eq!(refused.unwrap_err().status(), crate::error::Status::INSUFFICIENT_MEMORY);
    }
}
