//! What good messages look like, and that they open.

use super::*;
use crate::digest::sasl::layer::segments::PIECE;

/// A protection and its client's first two frames, and its server's first where it is known.
type Frames = (&'static str, Protection, &'static str, &'static str, &'static str);

const FRAMES: &[Frames] = &[
    (
        V4,
        Protection::Integrity,
        "0000001568656c6c6f0551a5f8f67e1fd0bea5000100000000",
        "00000018776f726c64212121efdfa6dde1c49730b59f000100000001",
        "000000157265706c795301525492d34609024e000100000000",
    ),
    (
        V4,
        Protection::Confidentiality(Cipher::Rc4),
        "000000158a9341f120fc58c4c7a0216e028455000100000000",
        "00000018c7ce4fd8b9482cff6d173e34525b779e2561000100000001",
        "",
    ),
    (
        V4,
        Protection::Confidentiality(Cipher::Rc4With56Bits),
        "00000015ce0fb14c52f67fc73f9602aad47d7f000100000000",
        "000000180f373ea272df832024649d51ec947d65b192000100000001",
        "",
    ),
    (
        V4,
        Protection::Confidentiality(Cipher::Rc4With40Bits),
        "00000015d75bebe32ae1ddd99bf20cda5d6ed6000100000000",
        "00000018d395f97c920bfbe107ba51d14d0b6c61916e000100000001",
        "",
    ),
    (
        V4,
        Protection::Confidentiality(Cipher::Des),
        "000000162542383752f09a093ab5f8ca33b94ddb000100000000",
        "0000001e5917146aef16788e85f3ead72726951bb158df5c27b3947c000100000001",
        "",
    ),
    (
        V4,
        Protection::Confidentiality(Cipher::TripleDes),
        "00000016eccd113bef421ca0f5ad00565f293deb000100000000",
        "0000001e719ddf3cfa5066795be47dd6ba0d9be17afa4a5d7f648431000100000001",
        "",
    ),
    (V1, Protection::Integrity, "0000001568656c6c6f8daa7dd3bba0b0840252000100000000", "", ""),
    (
        V1,
        Protection::Confidentiality(Cipher::Rc4),
        "000000153f15f0485a50c912a458ef2ca384e6000100000000",
        "",
        "",
    ),
    (
        V1,
        Protection::Confidentiality(Cipher::TripleDes),
        "0000001610bfc5d416b1a2172d896211e92ab8ff000100000000",
        "0000001e0fae4192391962966c6303ef378783581b4afcb8591d0e90000100000001",
        "",
    ),
];

#[test]
fn frames_are_those_of_v7_and_v8() {
    for (key, protection, first, second, answer) in FRAMES {
        let end =
            |role| Layer::new(&h_a1(key), Signers::new(&h_a1(key)), *protection, role, MAXBUF);
        let (client, server) = (end(Role::Client), end(Role::Server));
        for (sender, receiver, text, frame) in [
            (&client, &server, "hello", first),
            (&client, &server, "world!!!", second),
            (&server, &client, "reply", answer),
        ] {
            let body = sealed(sender, text.as_bytes());
            if !frame.is_empty() {
                let length = u32::try_from(body.len()).unwrap().to_be_bytes();
                assert_eq!([length.as_slice(), &body].concat(), unhex(frame), "{protection:?}");
            }
            assert_eq!(opened(receiver, &body).unwrap(), text.as_bytes(), "{protection:?}");
        }
    }
}

#[test]
fn signatures_are_the_trailers_of_auth_int_and_share_the_counter() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let block = client.sign([b"hel".as_slice(), b"", b"lo"]).unwrap();
        assert_eq!(block.as_slice(), unhex("0551a5f8f67e1fd0bea5000100000000"));
        server.verify([b"hello".as_slice()], &block).unwrap();
        let body = sealed(&client, b"world!!!");
        assert_eq!(body[body.len() - 6..], [0, 1, 0, 0, 0, 1]);
        assert_eq!(opened(&server, &body).unwrap(), b"world!!!");
        let block = client.sign([b"third".as_slice()]).unwrap();
        server.verify([b"thi".as_slice(), b"rd"], &block).unwrap();
    }
}

#[test]
fn bodies_open_whatever_the_boundary_between_their_buffers() {
    for protection in all_protections() {
        for length in (0..=26).chain([55, 124, 300, 328, 2049, 4099, PIECE - 8, PIECE, PIECE + 1]) {
            let text: Vec<u8> = (0..=255).cycle().take(length).collect();
            let (client, server) = ends(protection);
            let body_length = length + client.trailer_length(length).unwrap();
            let boundaries: Vec<usize> = if length > 100 {
                let inside = [0, 1, 8, 63, 68, length - 1, length, length + 3];
                [&inside, &[body_length - 6, body_length - 1][..]].concat()
            } else {
                (0..=body_length).collect()
            };
            // One conversation after the other message, so that chains and streams are tested too.
            for boundary in boundaries {
                let body = sealed(&client, &text);
                assert_eq!(body.len(), body_length);
                let plain = opened_at(&server, &body, boundary).unwrap();
                assert_eq!(plain, text, "{protection:?}, {length}, {boundary}");
            }
        }
    }
}

#[test]
fn trailers_have_room_for_every_padding() {
    for protection in all_protections() {
        let (client, _) = ends(protection);
        for length in 0..32 {
            let padding = client.trailer_length(length).unwrap() - 16;
            if client.block_size() == 8 {
                assert_eq!(padding, 8 - (length + 10) % 8);
            } else {
                assert_eq!(padding, 0);
            }
        }
        assert_eq!((client.max_signature(), client.security_trailer()), (16, 16));
    }
    let block_sizes: Vec<u32> =
        all_protections().map(|protection| ends(protection).0.block_size()).collect();
    assert_eq!(block_sizes, [1, 8, 1, 8, 1, 1]);
}

#[test]
fn a_trailer_too_small_changes_nothing() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let needed = client.trailer_length(5).unwrap();
        for length in 0..needed {
            let (mut data, mut trailer) = (*b"hello", vec![9; length]);
            let error = client.seal(&mut data, &mut trailer).unwrap_err();
            assert_eq!(error.status(), Status::BUFFER_TOO_SMALL);
            assert_eq!((&data, trailer), (b"hello", vec![9; length]));
        }
        assert_eq!(opened(&server, &sealed(&client, b"hello")).unwrap(), b"hello");
    }
}

#[test]
fn two_threads_seal_and_open_at_once() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let (client, server) = (&client, &server);
        std::thread::scope(|scope| {
            let (to_server, at_server) = std::sync::mpsc::sync_channel::<Vec<u8>>(4);
            let (to_client, at_client) = std::sync::mpsc::sync_channel::<Vec<u8>>(4);
            for (end, outgoing) in [(client, to_server), (server, to_client)] {
                scope.spawn(move || {
                    for number in 0..200_u8 {
                        outgoing.send(sealed(end, &vec![number; usize::from(number)])).unwrap();
                    }
                });
            }
            for (end, incoming) in [(server, at_server), (client, at_client)] {
                scope.spawn(move || {
                    for number in 0..200_u8 {
                        let text = opened(end, &incoming.recv().unwrap()).unwrap();
                        assert_eq!(text, vec![number; usize::from(number)]);
                    }
                });
            }
        });
    }
}

#[test]
fn a_layer_goes_on_where_its_export_stood() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        for text in [b"hello".as_slice(), b"world!!!"] {
            opened(&server, &sealed(&client, text)).unwrap();
        }
        opened(&client, &sealed(&server, b"reply")).unwrap();
        let serialized = client.export(false).unwrap();
        assert_eq!((serialized.sending.sequence, serialized.receiving.sequence), (2, 1));
        let client = Layer::import(&serialized).unwrap();
        let server = Layer::import(&server.export(false).unwrap()).unwrap();
        assert_eq!(opened(&server, &sealed(&client, b"third")).unwrap(), b"third");
        assert_eq!(opened(&client, &sealed(&server, b"fourth")).unwrap(), b"fourth");
    }
}

#[test]
fn an_export_with_reset_starts_over() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let body = sealed(&client, b"hello");
        opened(&server, &body).unwrap();
        let again = Layer::import(&client.export(true).unwrap()).unwrap();
        assert_eq!(sealed(&again, b"hello"), body);
        assert_eq!(again.export(true).unwrap().h_a1.expose(), &h_a1(V4));
        assert_eq!(again.protection(), protection);
    }
}

#[test]
fn an_import_takes_only_positions_of_its_cipher() {
    for protection in all_protections() {
        let used = |length: usize| {
            let mut serialized = ends(protection).0.export(false).unwrap();
            serialized.receiving.position = Secret::new(vec![0; length]);
            Layer::import(&serialized).map(|_| ()).map_err(|error| error.status())
        };
        let vector =
            if ends(protection).0.block_size() == 8 { Ok(()) } else { Err(Status::INVALID_TOKEN) };
        assert_eq!(used(0), Ok(()));
        assert_eq!(used(8), vector);
        for length in [1, 7, 9, 257, 258, 259] {
            assert_eq!(used(length), Err(Status::INVALID_TOKEN), "{protection:?}, {length}");
        }
    }
}

#[test]
fn nothing_secret_is_printed() {
    let (client, _) = ends(Protection::Confidentiality(Cipher::Rc4));
    sealed(&client, b"hello");
    assert_eq!(format!("{client:?}"), "Layer(Confidentiality(Rc4), Client)");
    let serialized = format!("{:?}", client.export(false).unwrap());
    assert!(serialized.contains("h_a1: [redacted]"));
    assert!(serialized.contains("position: [redacted]"));
}

#[test]
fn a_layer_is_small() {
    // 281 bytes is what a context of auth-int comes to in bare prototypes.
    assert!(size_of::<Layer>() <= 192, "{}", size_of::<Layer>());
}
