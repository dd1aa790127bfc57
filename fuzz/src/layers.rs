//! Messages of an established login, both ways, under every layer, in buffers of every shape, with
//! an editor on the wire and exports midway. What opens was sealed: the same bytes in the same
//! order; what arrives as it was sent opens; what does not changes nothing.

use std::collections::VecDeque;

use crate::abi::{self, SecBuffer, SecBufferDesc};
use crate::editor::Wire;
use crate::ends::{self, Block, End};
use crate::established::{self, LAYERS, Layer};
use crate::fault;
use crate::input::Input;
use crate::transfer;

/// Runs one conversation.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let (layer, setup) = *input.one_of(LAYERS);
    let mut conversation = Conversation {
        layer,
        ends: established::login(layer, setup),
        coming: [VecDeque::new(), VecDeque::new()],
        wire: Wire::default(),
    };
    for _ in 0..24 {
        conversation.act(input);
        if input.is_empty() {
            break;
        }
    }
    conversation.drain();
}

/// A message on the wire.
struct Sealed {
    text: Vec<u8>,
    body: Vec<u8>,
    /// Whether it was signed only, by MakeSignature.
    signed: bool,
}

struct Conversation {
    layer: Layer,
    ends: [End; 2],
    /// What each end has not opened yet.
    coming: [VecDeque<Sealed>; 2],
    wire: Wire,
}

impl Conversation {
    fn act(&mut self, input: &mut Input<'_>) {
        let choice = input.byte();
        let end = usize::from(choice & 1);
        match choice >> 1 & 7 {
            0 | 1 => self.seal(input, end),
            2 => self.sign(input, end),
            3 => self.forge(input, end),
            4 => {
                let flags = if choice & 16 != 0 { transfer::DELETE_OLD } else { 0 };
                transfer::pass_on(&mut self.ends[end], flags);
            }
            _ => self.deliver(input, end),
        }
    }

    /// The text of a message: some bytes of the fuzzer's, and a length of its own.
    fn text(input: &mut Input<'_>) -> Vec<u8> {
        let length = match input.below(8) {
            0 => input.below(17),
            1 => input.below(3000),
            2 => input.below(65_000),
            _ => return input.short().to_vec(),
        };
        let seed = input.byte();
        (0..length).map(|at| seed.wrapping_add((at % 251) as u8)).collect()
    }

    fn seal(&mut self, input: &mut Input<'_>, end: usize) {
        let text = Self::text(input);
        let parts = cuts(input, &text);
        let shape = input.byte();
        let sizes: abi::Sizes = self.attribute(end, abi::ATTR_SIZES);
        let streams: abi::StreamSizes = self.attribute(end, abi::ATTR_STREAM_SIZES);
        let enough = (sizes.max_signature + sizes.block + sizes.security_trailer) as usize;
        let mut trailer = if shape & 3 == 3 { input.below(32) } else { enough };
        // The trailer in front, where the body begins with it, is of packages that put it there;
        // here it is laid over the buffers in their order.
        let in_front = shape & 4 != 0;
        loop {
            let mut blocks: Vec<Block> = parts.iter().map(|part| Block::of(part)).collect();
            let mut rest = Block::room(trailer);
            let mut front = Block::room(sizes.security_trailer as usize);
            let mut padding = Block::room(sizes.block as usize);
            let mut buffers: Vec<SecBuffer> =
                blocks.iter_mut().map(|block| block.buffer(abi::DATA)).collect();
            if in_front {
                buffers.insert(0, front.buffer(abi::TOKEN));
                buffers.push(padding.buffer(abi::PADDING));
            } else {
                let kind = if shape & 8 != 0 { abi::TOKEN } else { abi::PADDING };
                buffers.push(rest.buffer(kind));
            }
            let before = buffers.clone();
            let mut message = SecBufferDesc::of(&mut buffers);
            let context = self.ends[end].context.as_mut().unwrap();
            // SAFETY: blocks of exactly the sizes said.
            let status = unsafe { abi::EncryptMessage(context, 0, &mut message, 0) };
            let within = |(now, then): (&SecBuffer, &SecBuffer)| now.length <= then.length;
            if status == abi::OK {
                assert!(self.layer != Layer::None, "ORACLE clear: sealed without a layer");
                assert!(buffers.iter().zip(&before).all(within), "ORACLE capacity");
                let body: Vec<u8> = buffers.iter().flat_map(|one| read(one).to_vec()).collect();
                self.check_sealed(&text, &body, &parts, in_front);
                self.coming[1 - end].push_back(Sealed { text, body, signed: false });
                return;
            }
            let unchanged = blocks.iter().zip(&parts).all(|(block, part)| block.bytes() == *part);
            assert!(unchanged, "ORACLE failure: a message that was not sealed was changed");
            if status != abi::BUFFER_TOO_SMALL {
                let unlimited = text.len() <= streams.maximum_message as usize;
                assert!(
                    self.layer == Layer::None || in_front || !unlimited || parts.len() > 1,
                    "ORACLE nothing lost: not sealed, {status:X}"
                );
                return;
            }
            if text.len() > streams.maximum_message as usize || in_front {
                return;
            }
            let needed = buffers.last().unwrap().length as usize;
            assert!(needed > trailer && needed <= enough, "ORACLE room: {needed} of {trailer}");
            trailer = needed;
        }
    }

    /// A sealed message is longer than its text by a signature at least, and shows none of it.
    fn check_sealed(&self, text: &[u8], body: &[u8], parts: &[&[u8]], in_front: bool) {
        let clear = fault::is("left-in-clear");
        assert!(body.len() >= text.len() + 16, "ORACLE clear: no room for a signature");
        if !matches!(self.layer, Layer::Cipher(_)) {
            return;
        }
        let offset = if in_front { 16 } else { 0 };
        let mut at = offset;
        for part in parts {
            // Sixteen bytes that encrypt to themselves are not to be met with.
            let shown = part.len() >= 16 && (clear || body.get(at..at + part.len()) == Some(part));
            assert!(!shown, "ORACLE clear: a part of the message left as it was");
            at += part.len();
        }
    }

    fn sign(&mut self, input: &mut Input<'_>, end: usize) {
        let text = Self::text(input);
        let parts = cuts(input, &text);
        let mut blocks: Vec<Block> = parts.iter().map(|part| Block::of(part)).collect();
        let mut signature = Block::room(16);
        let mut buffers: Vec<SecBuffer> =
            blocks.iter_mut().map(|block| block.buffer(abi::DATA)).collect();
        buffers.push(signature.buffer(abi::TOKEN));
        let mut message = SecBufferDesc::of(&mut buffers);
        let context = self.ends[end].context.as_mut().unwrap();
        // SAFETY: blocks of exactly the sizes said.
        let status = unsafe { abi::MakeSignature(context, 0, &mut message, 0) };
        let unchanged = blocks.iter().zip(&parts).all(|(block, part)| block.bytes() == *part);
        assert!(unchanged, "ORACLE signed: the message was changed");
        if status != abi::OK {
            assert!(self.layer == Layer::None, "ORACLE nothing lost: not signed, {status:X}");
            return;
        }
        assert!(self.layer != Layer::None, "ORACLE clear: signed without a layer");
        let body = signature.bytes().to_vec();
        self.coming[1 - end].push_back(Sealed { text, body, signed: true });
    }

    /// Delivers what nobody sealed.
    fn forge(&mut self, input: &mut Input<'_>, end: usize) {
        let next = self.coming[end].front().filter(|next| !next.signed);
        let sent = next.map_or(vec![], |next| next.body.clone());
        let arrives = self.wire.pass(input, &sent);
        if arrives == sent && !sent.is_empty() {
            return;
        }
        let mut status = self.open(input, end, &arrives).err().unwrap_or(abi::OK);
        if fault::is("altered-is-success") {
            status = abi::OK;
        }
        assert_ne!(status, abi::OK, "ORACLE altered: opened, and nobody sealed it");
    }

    /// Delivers the next message as it was sent.
    fn deliver(&mut self, input: &mut Input<'_>, end: usize) {
        let Some(next) = self.coming[end].pop_front() else { return };
        if next.signed {
            self.verify(input, end, &next);
            return;
        }
        match self.open(input, end, &next.body) {
            Ok(mut text) => {
                if fault::is("flipped-byte") && !text.is_empty() {
                    text[0] ^= 1;
                }
                assert!(text == next.text, "ORACLE opened: not what was sealed");
            }
            Err(status) => panic!("ORACLE nothing lost: not opened, {status:X}"),
        }
    }

    fn verify(&mut self, input: &mut Input<'_>, end: usize, next: &Sealed) {
        let wrong = input.flag() && !next.text.is_empty();
        let times: &[bool] = if wrong { &[true, false] } else { &[false] };
        for altered in times {
            let mut text = Block::of(&next.text);
            if *altered {
                let mut bytes = next.text.clone();
                let at = input.below(bytes.len());
                bytes[at] ^= 1 << input.below(8);
                text = Block::of(&bytes);
            }
            let mut signature = Block::of(&next.body);
            let mut buffers = [text.buffer(abi::DATA), signature.buffer(abi::TOKEN)];
            let mut message = SecBufferDesc::of(&mut buffers);
            let context = self.ends[end].context.as_mut().unwrap();
            // SAFETY: blocks of exactly the sizes said.
            let status =
                unsafe { abi::VerifySignature(context, &mut message, 0, std::ptr::null_mut()) };
            if *altered {
                assert_ne!(status, abi::OK, "ORACLE altered: verified, and nobody signed it");
            } else {
                assert_eq!(status, abi::OK, "ORACLE nothing lost: a signature");
            }
        }
    }

    /// Opens a body in one of the shapes of DecryptMessage.
    fn open(&mut self, input: &mut Input<'_>, end: usize, body: &[u8]) -> Result<Vec<u8>, i32> {
        let shape = input.below(3);
        let at = if shape == 2 { input.below(body.len() + 1) } else { body.len() };
        // In parts a body is taken as EncryptMessage left it: the trailer is its end.
        let shape = if shape == 2 && body.len() - at < 16 { 0 } else { shape };
        let at = if shape == 2 { at } else { body.len() };
        let (mut first, mut second) = (Block::of(&body[..at]), Block::of(&body[at..]));
        let empty = SecBuffer { length: 0, kind: abi::DATA, memory: std::ptr::null_mut() };
        let mut buffers = match shape {
            0 => vec![first.buffer(abi::DATA)],
            1 => vec![first.buffer(abi::STREAM), empty],
            _ => vec![first.buffer(abi::DATA), second.buffer(abi::PADDING)],
        };
        let before = buffers.clone();
        let mut message = SecBufferDesc::of(&mut buffers);
        let context = self.ends[end].context.as_mut().unwrap();
        // SAFETY: blocks of exactly the sizes said.
        let status = unsafe { abi::DecryptMessage(context, &mut message, 0, std::ptr::null_mut()) };
        if status != abi::OK {
            let same = first.bytes() == &body[..at] && second.bytes() == &body[at..];
            assert!(same && buffers == before, "ORACLE failure: a refused message was changed");
            return Err(status);
        }
        let text = &buffers[usize::from(shape == 1)];
        assert!(text.length as usize <= body.len(), "ORACLE capacity");
        // Cut elsewhere than EncryptMessage cuts it, the text goes on in the trailer's buffer, which
        // then says how much of it is there.
        if shape == 2 && text.length as usize == at && buffers[1].length != before[1].length {
            return Ok([read(&buffers[0]), read(&buffers[1])].concat());
        }
        assert!(
            shape != 2 || text.length as usize <= at,
            "ORACLE capacity: more than the buffer has"
        );
        Ok(read(text).to_vec())
    }

    /// Opens everything that is left: no alteration, export or failed call before has lost any.
    fn drain(&mut self) {
        if self.layer == Layer::None {
            return;
        }
        for end in [0, 1] {
            while !self.coming[end].is_empty() {
                self.deliver(&mut Input::new(&[]), end);
            }
        }
    }

    fn attribute<T: Default>(&mut self, end: usize, which: u32) -> T {
        let context = self.ends[end].context.as_mut().unwrap();
        ends::attribute(context, which).unwrap_or_default()
    }
}

/// A text in one part, mostly, or in several.
fn cuts<'t>(input: &mut Input<'_>, text: &'t [u8]) -> Vec<&'t [u8]> {
    let mut parts = vec![];
    let mut rest = text;
    for _ in 0..input.below(8).saturating_sub(4) {
        let (part, after) = rest.split_at(input.below(rest.len() + 1));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

/// What a buffer holds.
fn read(buffer: &SecBuffer) -> &[u8] {
    if buffer.length == 0 {
        return &[];
    }
    // SAFETY: a buffer over a live block of this module's, of which the length is within.
    unsafe { std::slice::from_raw_parts(buffer.memory.cast::<u8>(), buffer.length as usize) }
}
