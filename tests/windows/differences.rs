//! Where our DLL may answer otherwise than Wine's own secur32.dll.

/// A call as `c_tests/windows/every_call.c` prints it, Wine's own result, and ours.
type Row = (&'static str, &'static str, &'static str);

/// Why they differ, and how. A row that differs no longer, or otherwise, is a failure, too.
pub(crate) const DIFFERENCES: &[(&str, &[Row])] = &[
    (
        "WDigest is a package of ours, which Wine does not have.",
        &[
            (
                "AcquireCredentialsHandleA (0 a:WDigest 2 0 0 0 0 fresh fresh)",
                "80090305 = =",
                "00000000 w w",
            ),
            ("QuerySecurityPackageInfoW (w:WDigest fresh)", "80090305 =", "00000000 w"),
        ],
    ),
    (
        "The Sasl functions are ours: in Wine they are stubs, which raise 0x80000100, or nothing.",
        &[
            ("SaslAcceptSecurityContext ()", "raises 80000100", "80090301"),
            ("SaslEnumerateProfilesA ()", "raises 80000100", "8009035D"),
            ("SaslEnumerateProfilesA (fresh fresh)", "raises 80000100", "00000000 w w"),
            ("SaslEnumerateProfilesW ()", "raises 80000100", "8009035D"),
            ("SaslEnumerateProfilesW (fresh fresh)", "raises 80000100", "00000000 w w"),
            ("SaslGetContextOption ()", "absent", "80090301"),
            ("SaslGetProfilePackageA ()", "raises 80000100", "8009035D"),
            ("SaslGetProfilePackageA (a:DIGEST-MD5 fresh)", "raises 80000100", "00000000 w"),
            ("SaslGetProfilePackageW ()", "raises 80000100", "8009035D"),
            ("SaslGetProfilePackageW (w:DIGEST-MD5 fresh)", "raises 80000100", "00000000 w"),
            ("SaslIdentifyPackageA ()", "raises 80000100", "8009035D"),
            ("SaslIdentifyPackageW ()", "raises 80000100", "8009035D"),
            ("SaslInitializeSecurityContextA ()", "raises 80000100", "80090301"),
            ("SaslInitializeSecurityContextW ()", "raises 80000100", "80090301"),
            ("SaslSetContextOption ()", "absent", "80090301"),
        ],
    ),
    (
        "These helpers are ours, and missing in Wine.",
        &[
            ("SspiCompareAuthIdentities ()", "absent", "00000000"),
            ("SspiCopyAuthIdentity ()", "absent", "8009035D"),
            ("SspiDecryptAuthIdentity ()", "absent", "8009035D"),
            ("SspiEncryptAuthIdentity ()", "absent", "8009035D"),
            ("SspiExcludePackage ()", "absent", "8009035D"),
            ("SspiGetTargetHostName ()", "absent", "8009035D"),
            ("SspiIsAuthIdentityEncrypted ()", "absent", "FALSE"),
            ("SspiMarshalAuthIdentity ()", "absent", "8009035D"),
            ("SspiPrepareForCredRead ()", "absent", "8009035D"),
            ("SspiUnmarshalAuthIdentity ()", "absent", "8009035D"),
            ("SspiValidateAuthIdentity ()", "absent", "8009035D"),
        ],
    ),
    (
        "These are ours for every package, and missing in Wine: no package takes what they bring.",
        &[
            ("ChangeAccountPasswordA ()", "absent", "80090302"),
            (
                "ChangeAccountPasswordA (a:Winetest a:domain a:user a:old a:new 0 0 token:16)",
                "absent",
                "80090302 16",
            ),
            ("ChangeAccountPasswordW ()", "absent", "80090302"),
            (
                "ChangeAccountPasswordW (w:Kerberos w:domain w:user w:old w:new 0 0 token:16)",
                "absent",
                "80090302 16",
            ),
            ("SetCredentialsAttributesA ()", "absent", "80090301"),
            ("SetCredentialsAttributesA (credential 1 zero 8)", "absent", "80090302 ="),
            ("SetCredentialsAttributesW ()", "absent", "80090301"),
            ("SetCredentialsAttributesW (credential 1 zero 8)", "absent", "80090302 ="),
        ],
    ),
    (
        "Wine has a stub or nothing: the caller is told so instead of being ended.",
        &[
            ("CloseLsaPerformanceData ()", "absent", "00000078"),
            ("CollectLsaPerformanceData ()", "absent", "00000078"),
            (
                "CollectLsaPerformanceData (w:Global fresh size:64 fresh)",
                "absent",
                "00000078 = 64 =",
            ),
            ("CredMarshalTargetInfo ()", "absent", "C00000BB"),
            ("CredMarshalTargetInfo (zero fresh fresh)", "absent", "C00000BB = = ="),
            ("CredUnmarshalTargetInfo ()", "absent", "C00000BB"),
            ("CredUnmarshalTargetInfo (zero 16 fresh fresh)", "absent", "C00000BB = = ="),
            ("GetSecurityUserInfo ()", "raises 80000100", "C00000BB"),
            ("GetSecurityUserInfo (zero 0 fresh)", "raises 80000100", "C00000BB = ="),
            ("LsaRegisterPolicyChangeNotification ()", "raises 80000100", "C00000BB"),
            ("LsaUnregisterPolicyChangeNotification ()", "raises 80000100", "C00000BB"),
            ("OpenLsaPerformanceData ()", "absent", "00000078"),
            ("SeciAllocateAndSetCallFlags ()", "absent", "80090302"),
            ("SeciAllocateAndSetIPAddress ()", "absent", "80090302"),
            ("SeciFreeCallContext ()", "absent", "returns"),
            ("SecpFreeMemory ()", "raises 80000100", "returns"),
            ("SecpTranslateName ()", "raises 80000100", "FALSE, error 120"),
            ("SecpTranslateNameEx ()", "raises 80000100", "FALSE, error 120"),
        ],
    ),
    (
        "Wine writes through NULL, where ours tells the caller.",
        &[
            ("EnumerateSecurityPackagesA ()", "raises C0000005", "8009035D"),
            ("EnumerateSecurityPackagesW ()", "raises C0000005", "8009035D"),
            ("SspiEncodeAuthIdentityAsStrings ()", "raises C0000005", "8009035D"),
            ("SspiPrepareForCredWrite ()", "raises C0000005", "8009035D"),
        ],
    ),
];
