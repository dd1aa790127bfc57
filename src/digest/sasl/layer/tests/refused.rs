//! Messages that are refused, and that the next good one opens all the same.

use super::*;

/// The key of messages to the server, and the sequence number of the next.
fn at(sequence: u64, protection: Protection) -> (Layer, Layer) {
    let (client, server) = ends(protection);
    let (mut sending, mut receiving) =
        (client.export(false).unwrap(), server.export(false).unwrap());
    sending.sending.sequence = sequence;
    receiving.receiving.sequence = sequence;
    (Layer::import(&sending).unwrap(), Layer::import(&receiving).unwrap())
}

/// The first body to the server whose bytes before encryption, MAC aside, are `text` and `padding`.
/// The MAC is over `text`.
fn forged(protection: Protection, text: &[u8], padding: &[u8]) -> Vec<u8> {
    let [prepared, _] = Signers::new(&h_a1(V4)).of(Role::Client);
    let mut mac = prepared.begin(0);
    mac.update(text);
    let mut body = [text, padding, &mac.finish().block(0)[..10]].concat();
    let Protection::Confidentiality(cipher) = protection else { panic!("a cipher") };
    let sealing = keys::sealing(&h_a1(V4), Flow::ToServer, cipher);
    match cipher {
        Cipher::Des => cipher::des(&sealing).encrypt(&mut body),
        _ => cipher::triple_des(&sealing).encrypt(&mut body),
    }
    body.extend([0, 1, 0, 0, 0, 0]);
    body
}

#[test]
fn r50_bodies_shorter_than_a_mac_block_are_incomplete() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let body = sealed(&client, b"");
        for length in 0..16 {
            for boundary in 0..=length {
                let result = opened_at(&server, &body[..length], boundary);
                assert_eq!(status(result), Status::INCOMPLETE_MESSAGE, "{protection:?}, {length}");
            }
        }
        assert_eq!(opened(&server, &body).unwrap(), b"");
    }
}

#[test]
fn r51_two_messages_in_one_body_or_a_part_of_one_are_refused() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let (one, two) = (sealed(&client, b"the first"), sealed(&client, b"the second"));
        let both = [one.as_slice(), &two].concat();
        assert_eq!(status(opened(&server, &both)), Status::OUT_OF_SEQUENCE);
        for length in 0..one.len() {
            assert_ne!(status(opened(&server, &one[..length])), Status::OK, "{length}");
        }
        assert_eq!(opened(&server, &one).unwrap(), b"the first");
        assert_eq!(opened(&server, &two).unwrap(), b"the second");
    }
}

#[test]
fn r52_ciphertext_not_of_whole_blocks_is_altered() {
    for protection in padded_protections() {
        let (client, server) = ends(protection);
        for length in (10..64).filter(|length| length % 8 != 0) {
            let body = [vec![0x55; length], vec![0, 1, 0, 0, 0, 0]].concat();
            let status = status(opened(&server, &body));
            assert_eq!(status, Status::MESSAGE_ALTERED, "{protection:?}, {length}");
        }
        assert_eq!(opened(&server, &sealed(&client, b"hello")).unwrap(), b"hello");
    }
}

#[test]
fn r52_every_last_byte_of_padding_but_the_right_ones_is_altered() {
    for protection in padded_protections() {
        for (room, length) in [(6_u8, 0_usize), (8, 6), (8, 22)] {
            for last in 0..=255_u8 {
                // `room` bytes, all of them `last`, are text and padding before the MAC.
                let padding = if (1..=room).contains(&last) { usize::from(last) } else { 0 };
                let text = [vec![b'x'; length], vec![last; usize::from(room) - padding]].concat();
                let body = forged(protection, &text, &vec![last; padding]);
                let (client, server) = ends(protection);
                let result = opened(&server, &body);
                if padding == 0 {
                    assert_eq!(status(result), Status::MESSAGE_ALTERED, "{room}, {last}");
                    assert_eq!(opened(&server, &sealed(&client, b"next")).unwrap(), b"next");
                } else {
                    assert_eq!(result.unwrap(), text, "{protection:?}, {room}, {last}");
                }
            }
        }
    }
}

#[test]
fn r52_padding_longer_than_the_body_is_altered() {
    for protection in padded_protections() {
        for last in [7, 8] {
            let (_, server) = ends(protection);
            let body = forged(protection, b"", &[last; 6]);
            assert_eq!(status(opened(&server, &body)), Status::MESSAGE_ALTERED);
        }
    }
}

#[test]
fn r52_unequal_bytes_of_padding_are_altered() {
    for protection in padded_protections() {
        for count in 2..=8_u8 {
            for wrong in 0..usize::from(count) - 1 {
                let text = vec![b'x'; 8 + 6 + 8 - usize::from(count)];
                let mut padding = vec![count; usize::from(count)];
                padding[wrong] ^= 1;
                let body = forged(protection, &text, &padding);
                let (_, server) = ends(protection);
                assert_eq!(status(opened(&server, &body)), Status::MESSAGE_ALTERED);
            }
        }
    }
}

#[test]
fn r53_a_wrong_padding_looks_like_a_wrong_mac() {
    for protection in padded_protections() {
        let (_, server) = ends(protection);
        let bad_padding = forged(protection, b"hello!", &[8, 8, 8, 8, 8, 8, 8, 9]);
        let mut bad_mac = forged(protection, b"hello!", &[8; 8]);
        bad_mac[16] ^= 1;
        let bad_padding = opened(&server, &bad_padding).unwrap_err();
        assert_eq!(bad_padding, opened(&server, &bad_mac).unwrap_err());
        assert_eq!(bad_padding.status(), Status::MESSAGE_ALTERED);
    }
}

#[test]
fn r54_replayed_and_skipping_messages_are_out_of_sequence() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let bodies = [sealed(&client, b"zero"), sealed(&client, b"one"), sealed(&client, b"two")];
        opened(&server, &bodies[0]).unwrap();
        assert_eq!(status(opened(&server, &bodies[0])), Status::OUT_OF_SEQUENCE);
        assert_eq!(status(opened(&server, &bodies[2])), Status::OUT_OF_SEQUENCE);
        assert_eq!(opened(&server, &bodies[1]).unwrap(), b"one");
        assert_eq!(opened(&server, &bodies[2]).unwrap(), b"two");
    }
}

#[test]
fn r54_after_the_last_sequence_number_a_layer_ends() {
    for protection in all_protections() {
        let (client, server) = at(u64::from(u32::MAX) - 1, protection);
        let block = client.sign([b"last but one".as_slice()]).unwrap();
        server.verify([b"last but one".as_slice()], &block).unwrap();
        let last = sealed(&client, b"last");
        assert_eq!(last[last.len() - 6..], [0, 1, 0xFF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(opened(&server, &last).unwrap(), b"last");
        // The other direction goes on.
        assert_eq!(opened(&client, &sealed(&server, b"reply")).unwrap(), b"reply");

        let end = |layer: &Layer| {
            let (mut data, mut trailer) = (*b"more", [9; 24]);
            let error = layer.seal(&mut data, &mut trailer).unwrap_err();
            assert_eq!((&data, trailer), (b"more", [9; 24]));
            assert_eq!(layer.sign([b"more".as_slice()]), Err(error.clone()));
            error.status()
        };
        let first = sealed(&ends(protection).0, b"first");
        let (client_again, server_again) =
            (client.export(false).unwrap(), server.export(false).unwrap());
        let client_again = Layer::import(&client_again).unwrap();
        let server_again = Layer::import(&server_again).unwrap();
        for (client, server) in [(client, server), (client_again, server_again)] {
            for _ in 0..2 {
                assert_eq!(end(&client), Status::CONTEXT_EXPIRED, "{protection:?}");
                for body in [&first, &last] {
                    assert_eq!(status(opened(&server, body)), Status::CONTEXT_EXPIRED);
                }
                let refused = server.verify([b"last but one".as_slice()], &block).unwrap_err();
                assert_eq!(refused.status(), Status::CONTEXT_EXPIRED);
            }
        }
    }
}

#[test]
fn no_import_has_a_sequence_number_beyond_the_last() {
    for (sequence, good) in [(1 << 32, true), ((1 << 32) + 1, false), (u64::MAX, false)] {
        let mut serialized = ends(Protection::Integrity).0.export(false).unwrap();
        serialized.sending.sequence = sequence;
        let imported = Layer::import(&serialized).map(|_| ()).map_err(|error| error.status());
        assert_eq!(imported, if good { Ok(()) } else { Err(Status::INVALID_TOKEN) }, "{sequence}");
    }
}

#[test]
fn what_the_peer_does_not_take_is_not_sealed() {
    for protection in all_protections() {
        for peer_maxbuf in [24, 25, 100, 300] {
            let maxbuf = Maxbuf { peer: peer_maxbuf, own: None };
            let end =
                |role| Layer::new(&h_a1(V4), Signers::new(&h_a1(V4)), protection, role, maxbuf);
            let (client, server) = (end(Role::Client), end(Role::Server));
            for length in 0..302 {
                let (mut text, mut trailer) = (vec![b'x'; length], [9; 24]);
                match client.seal(&mut text, &mut trailer) {
                    Ok(trailer) => assert!(length + trailer <= peer_maxbuf as usize),
                    Err(error) => {
                        assert!(length > client.longest_text() as usize, "{length}");
                        assert_eq!(error.status(), Status::INVALID_TOKEN);
                        assert!(error.reason().contains(&client.longest_text().to_string()));
                        assert_eq!((text, trailer), (vec![b'x'; length], [9; 24]));
                        break;
                    }
                }
                assert_ne!(length, 301, "nothing was refused");
                text.extend_from_slice(&trailer[..client.trailer_length(length).unwrap()]);
                assert_eq!(opened(&server, &text).unwrap(), vec![b'x'; length]);
            }
            // What was refused has not been counted.
            let longest = vec![b'x'; client.longest_text() as usize];
            assert_eq!(opened(&server, &sealed(&client, &longest)).unwrap(), longest);
        }
    }
}

#[test]
fn what_the_peer_was_told_not_to_send_is_not_opened() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let mut serialized = server.export(false).unwrap();
        serialized.maxbuf.own = Some(100);
        let server = Layer::import(&serialized).unwrap();
        let longest =
            (0..=100).rev().find(|length| client.trailer_length(*length).unwrap() + length <= 100);
        let longest = longest.unwrap();
        let body = sealed(&client, &vec![b'x'; longest]);
        assert_eq!(opened(&server, &body).unwrap().len(), longest);
        let body = sealed(&client, &[b'x'; 100]);
        for boundary in [0, 50, body.len()] {
            let result = opened_at(&server, &body, boundary);
            assert_eq!(status(result), Status::INVALID_TOKEN, "{protection:?}");
        }
        let mut copy = body.clone();
        let mut scattered = Scattered::default();
        scattered.push(&mut copy);
        let result = server.open_scattered(&mut scattered, 0);
        assert_eq!(result.unwrap_err().status(), Status::INVALID_TOKEN);
        assert_eq!(copy, body);
    }
}

#[test]
fn r54_types_and_sequence_numbers_changed_on_the_way_are_refused() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let body = sealed(&client, b"hello");
        let at = body.len() - 6;
        for (suffix, expected) in [
            ([0, 0, 0, 0, 0, 0], Status::MESSAGE_ALTERED),
            ([0, 2, 0, 0, 0, 0], Status::MESSAGE_ALTERED),
            ([1, 1, 0, 0, 0, 0], Status::MESSAGE_ALTERED),
            ([1, 0, 0, 0, 0, 7], Status::MESSAGE_ALTERED),
            ([0, 1, 0, 0, 0, 1], Status::OUT_OF_SEQUENCE),
            ([0, 1, 0xFF, 0xFF, 0xFF, 0xFF], Status::OUT_OF_SEQUENCE),
        ] {
            let mut changed = body.clone();
            changed[at..].copy_from_slice(&suffix);
            assert_eq!(status(opened(&server, &changed)), expected, "{suffix:?}");
        }
        assert_eq!(opened(&server, &body).unwrap(), b"hello");
    }
}

#[test]
fn r54_the_sequence_number_is_under_the_mac() {
    let (client, _) = ends(Protection::Integrity);
    let mut body = sealed(&client, b"hello");
    let last = body.len() - 1;
    body[last] = 7;
    let (_, server) = at(7, Protection::Integrity);
    assert_eq!(status(opened(&server, &body)), Status::MESSAGE_ALTERED);
}

#[test]
fn r55_a_failed_message_and_then_the_good_one() {
    for protection in all_protections() {
        let (client, server) = ends(protection);
        let long: Vec<u8> = (0..=255).cycle().take(5000).collect();
        for text in [b"".as_slice(), b"hello", b"world!!!", &long] {
            let body = sealed(&client, text);
            let step = if body.len() > 100 { 701 } else { 1 };
            for position in (0..body.len() - 6).step_by(step) {
                for boundary in [0, 3, body.len() / 2, body.len() - 9, body.len()] {
                    let mut changed = body.clone();
                    changed[position] ^= 0x40;
                    let status = status(opened_at(&server, &changed, boundary));
                    assert_eq!(status, Status::MESSAGE_ALTERED, "{protection:?}, {position}");
                }
            }
            assert_eq!(opened(&server, &body).unwrap(), text, "{protection:?}");
        }
    }
}

#[test]
fn r55_a_failed_signature_and_then_the_good_one() {
    let (client, server) = ends(Protection::Integrity);
    let text = b"hello".as_slice();
    let block = client.sign([text]).unwrap();
    for (position, expected) in [
        (0, Status::MESSAGE_ALTERED),
        (9, Status::MESSAGE_ALTERED),
        (10, Status::MESSAGE_ALTERED),
        (11, Status::MESSAGE_ALTERED),
        (12, Status::OUT_OF_SEQUENCE),
        (15, Status::OUT_OF_SEQUENCE),
    ] {
        let mut changed = block;
        changed[position] ^= 1;
        assert_eq!(server.verify([text], &changed).unwrap_err().status(), expected);
    }
    assert_eq!(
        server.verify([b"jello".as_slice()], &block).unwrap_err().status(),
        Status::MESSAGE_ALTERED
    );
    server.verify([text], &block).unwrap();
}

#[test]
fn a_message_of_the_own_direction_is_refused() {
    for protection in all_protections() {
        let (client, _) = ends(protection);
        let body = sealed(&client, b"hello");
        assert_eq!(status(opened(&client, &body)), Status::MESSAGE_ALTERED);
    }
}

#[test]
fn a_holder_that_died_leaves_the_layer_usable() {
    let (client, server) = ends(Protection::Integrity);
    let died = std::thread::scope(|scope| {
        let dying = || client.sign(std::iter::once_with(|| panic!("the caller's own"))).map(|_| ());
        scope.spawn(dying).join()
    });
    assert!(died.is_err());
    assert_eq!(opened(&server, &sealed(&client, b"hello")).unwrap(), b"hello");
}
