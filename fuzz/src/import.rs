//! ImportSecurityContext of exported contexts that were changed on their way. Without the secret no
//! change goes unseen; with it (a program of the same machine may hold it) any bytes may come, and
//! what they make is a context that answers every call.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::abi::{self, SecBufferDesc};
use crate::editor::Wire;
use crate::ends::{self, Block};
use crate::established::{self, LAYERS};
use crate::fault;
use crate::input::Input;
use crate::transfer;

/// Where the MAC stands in an exported context, and what it covers.
const MAC: std::ops::Range<usize> = 8..40;
/// The secret of the configurations.
const SECRET: &[u8] = b"sixteen bytes and more";

/// Imports one.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let input = &mut input;
    let (layer, setup) = *input.one_of(LAYERS);
    let mut ends = established::login(layer, setup);
    let choices = input.byte();
    let end = &mut ends[usize::from(choices & 1)];
    for _ in 0..choices >> 1 & 3 {
        use_all(end.context.as_mut().unwrap());
    }
    let flags = if choices & 8 != 0 { transfer::RESET_NEW } else { 0 };
    let bytes = transfer::export(end.context.as_mut().unwrap(), flags);
    assert_eq!(&bytes[MAC], mac(&bytes[MAC.end..]), "ORACLE forged: another format");
    let mut arrives = Wire::default().pass(input, &bytes);
    let resealed = choices & 16 != 0 && arrives.len() >= MAC.end;
    if resealed {
        let mac = mac(&arrives[MAC.end..]);
        arrives[MAC].copy_from_slice(&mac);
    }
    match transfer::import(&arrives) {
        Ok(mut context) => {
            assert!(
                resealed || arrives == bytes && !fault::is("forged-import"),
                "ORACLE forged: a pack was taken that nobody made"
            );
            use_all(&mut context);
            ends::delete(&mut context);
        }
        Err(status) => {
            assert_eq!(status, abi::INVALID_TOKEN, "ORACLE status: of a damaged pack");
            assert!(arrives != bytes, "ORACLE nothing lost: a pack was refused");
        }
    }
}

fn mac(body: &[u8]) -> Vec<u8> {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.chain_update(body).finalize().into_bytes().to_vec()
}

/// Calls what a context answers, which may be anything but a crash.
fn use_all(context: &mut abi::SecHandle) {
    let sizes: abi::Sizes = ends::attribute(context, abi::ATTR_SIZES).unwrap_or_default();
    let _ = ends::attribute::<abi::StreamSizes>(context, abi::ATTR_STREAM_SIZES);
    if let Ok(name) = ends::attribute::<usize>(context, abi::ATTR_NAMES) {
        // SAFETY: the one pointer of that structure.
        assert_eq!(unsafe { abi::FreeContextBuffer(name as *mut _) }, abi::OK);
    }
    let mut text = Block::of(&[7; 40]);
    let mut trailer = Block::room((sizes.max_signature + sizes.block) as usize);
    let mut buffers = [text.buffer(abi::DATA), trailer.buffer(abi::PADDING)];
    let mut message = SecBufferDesc::of(&mut buffers);
    // SAFETY: blocks of exactly the sizes said.
    unsafe { abi::EncryptMessage(context, 0, &mut message, 0) };
    let mut body = Block::of(&[9; 48]);
    let mut buffers = [body.buffer(abi::DATA)];
    let mut message = SecBufferDesc::of(&mut buffers);
    // SAFETY: as above.
    let status = unsafe { abi::DecryptMessage(context, &mut message, 0, std::ptr::null_mut()) };
    assert_ne!(status, abi::OK, "ORACLE altered: opened, and nobody sealed it");
}
