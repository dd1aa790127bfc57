//! Passwords are wiped where they stand.

use super::*;

#[test]
fn wiping_takes_the_password_and_nothing_else() {
    let mut user = Some(wide("user"));
    let mut password = Some(Box::<[u16]>::from(&[1, 2, 3, 4][..]));
    let mut structure = SEC_WINNT_AUTH_IDENTITY_W {
        User: start(&mut user),
        UserLength: 4,
        Password: start(&mut password),
        PasswordLength: 3,
        ..NOTHING
    };
    let pointer = (&raw mut structure).cast();
    // SAFETY: the structure's strings are as long as it says.
    unsafe { wipe_password(pointer) };
    assert_eq!(password.as_deref(), Some(&[0, 0, 0, 4][..]));
    assert_eq!(user.as_deref(), Some(&wide("user")[..]));

    let mut untouched = Some(wide("password"));
    for (characters, flags) in [(8, 0), (8, 3), (32768, 2), (u32::MAX, 1)] {
        structure.Password = start(&mut untouched);
        structure.PasswordLength = characters;
        structure.Flags = flags;
        // SAFETY: nothing is written where the structure cannot be used.
        unsafe { wipe_password((&raw mut structure).cast()) };
        assert_eq!(untouched.as_deref(), Some(&wide("password")[..]));
    }
}

#[test]
fn a_password_is_wiped_whatever_is_wrong_with_the_other_strings() {
    for (user, domain) in [(3, 0), (u32::MAX, 0), (0, 32768)] {
        let mut password = Some(wide("password"));
        let mut structure = SEC_WINNT_AUTH_IDENTITY_W {
            UserLength: user,
            DomainLength: domain,
            Password: start(&mut password),
            PasswordLength: 8,
            ..NOTHING
        };
        // SAFETY: the password is as long as it says, and the others are not read.
        unsafe { wipe_password((&raw mut structure).cast()) };
        assert_eq!(password.as_deref(), Some(&[0; 8][..]), "{user} {domain}");
    }
}

#[test]
fn wiping_a_block_of_the_callers_takes_the_password() {
    let identity = Identity {
        user: Some("user".to_owned()),
        domain: None,
        password: Some(Secret::new("pw".to_owned())),
    };
    let mut image = pack(&IdentityParts { identity, ..IdentityParts::default() }).unwrap();
    let before = image.clone();
    // SAFETY: the bytes are all of the structure.
    unsafe { wipe_password(image.as_mut_ptr().cast()) };
    assert_eq!(image[56..60], [0; 4]);
    assert_eq!(image[..56], before[..56]);
    assert_eq!(image[60..], before[60..]);
}
