//! The 64 steps of RFC 1321 §3.4, for words of any kind.

/// Runs the steps over the words `$a` to `$d` of a state and sixteen words `$m` of a message.
/// `$step!(function, a, b, c, d, word, constant, distance)` is one step in the kernel's own terms:
/// `b + ((a + function(b, c, d) + word + constant) <<< distance)`.
macro_rules! rounds {
    ($step:ident, $m:ident, $a:ident, $b:ident, $c:ident, $d:ident) => {{
        rounds!(@four $step, f, $m, $a $b $c $d, [7 12 17 22],
            [0 0xd76a_a478] [1 0xe8c7_b756] [2 0x2420_70db] [3 0xc1bd_ceee]
            [4 0xf57c_0faf] [5 0x4787_c62a] [6 0xa830_4613] [7 0xfd46_9501]
            [8 0x6980_98d8] [9 0x8b44_f7af] [10 0xffff_5bb1] [11 0x895c_d7be]
            [12 0x6b90_1122] [13 0xfd98_7193] [14 0xa679_438e] [15 0x49b4_0821]);
        rounds!(@four $step, g, $m, $a $b $c $d, [5 9 14 20],
            [1 0xf61e_2562] [6 0xc040_b340] [11 0x265e_5a51] [0 0xe9b6_c7aa]
            [5 0xd62f_105d] [10 0x0244_1453] [15 0xd8a1_e681] [4 0xe7d3_fbc8]
            [9 0x21e1_cde6] [14 0xc337_07d6] [3 0xf4d5_0d87] [8 0x455a_14ed]
            [13 0xa9e3_e905] [2 0xfcef_a3f8] [7 0x676f_02d9] [12 0x8d2a_4c8a]);
        rounds!(@four $step, h, $m, $a $b $c $d, [4 11 16 23],
            [5 0xfffa_3942] [8 0x8771_f681] [11 0x6d9d_6122] [14 0xfde5_380c]
            [1 0xa4be_ea44] [4 0x4bde_cfa9] [7 0xf6bb_4b60] [10 0xbebf_bc70]
            [13 0x289b_7ec6] [0 0xeaa1_27fa] [3 0xd4ef_3085] [6 0x0488_1d05]
            [9 0xd9d4_d039] [12 0xe6db_99e5] [15 0x1fa2_7cf8] [2 0xc4ac_5665]);
        rounds!(@four $step, i, $m, $a $b $c $d, [6 10 15 21],
            [0 0xf429_2244] [7 0x432a_ff97] [14 0xab94_23a7] [5 0xfc93_a039]
            [12 0x655b_59c3] [3 0x8f0c_cc92] [10 0xffef_f47d] [1 0x8584_5dd1]
            [8 0x6fa8_7e4f] [15 0xfe2c_e6e0] [6 0xa301_4314] [13 0x4e08_11a1]
            [4 0xf753_7e82] [11 0xbd3a_f235] [2 0x2ad7_d2bb] [9 0xeb86_d391]);
    }};
    (@four $step:ident, $f:ident, $m:ident, $a:ident $b:ident $c:ident $d:ident,
     [$r0:literal $r1:literal $r2:literal $r3:literal],
     $([$i0:literal $k0:literal] [$i1:literal $k1:literal]
       [$i2:literal $k2:literal] [$i3:literal $k3:literal])*) => {
        $(
            $a = $step!($f, $a, $b, $c, $d, $m[$i0], $k0, $r0);
            $d = $step!($f, $d, $a, $b, $c, $m[$i1], $k1, $r1);
            $c = $step!($f, $c, $d, $a, $b, $m[$i2], $k2, $r2);
            $b = $step!($f, $b, $c, $d, $a, $m[$i3], $k3, $r3);
        )*
    };
}

/// The number of the round that a function belongs to.
macro_rules! round_of {
    (f) => {
        0
    };
    (g) => {
        1
    };
    (h) => {
        2
    };
    (i) => {
        3
    };
}
