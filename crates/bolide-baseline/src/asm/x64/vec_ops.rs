//! The vector and float instructions: one row is one instruction, in its legacy and its VEX form.
//!
//! The type of a constant says which operands it takes, and so which methods of
//! [`Assembler`](super::Assembler) encode it. Constants bear the name of the legacy instruction;
//! what follows an underscore tells forms of one name apart. The `*_TABLE` constants list them all.

use super::encode::{Map, Opcode, Prefix};
use super::features::Feature;

/// A type of operations.
macro_rules! operation_type {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub struct $type {
            pub(super) opcode: Opcode,
            feature: Feature,
        }

        impl $type {
            const fn new(opcode: Opcode, feature: Feature) -> $type {
                $type { opcode, feature }
            }

            /// What the processor must have. The VEX form of a legacy instruction needs
            /// [`Feature::Avx`].
            pub const fn feature(self) -> Feature {
                self.feature
            }
        }
    };
    // A type of legacy operations and that of the VEX forms, to which it converts.
    ($(#[$doc:meta])* $type:ident, $(#[$vex_doc:meta])* $vex:ident) => {
        operation_type!($(#[$doc])* $type);
        operation_type!($(#[$vex_doc])* $vex);

        impl From<$type> for $vex {
            #[inline(always)]
            fn from(op: $type) -> $vex {
                $vex::new(op.opcode, Feature::Avx)
            }
        }
    };
}

/// Constants of a type, and the table of them with their names.
macro_rules! operation_table {
    ($table:ident: $type:ident {
        $($feature:ident { $($name:ident = $prefix:ident $map:ident $byte:literal $($wide:ident)?;)* })*
    }) => {
        $($(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: $type = $type::new(
                Opcode::new(Prefix::$prefix, Map::$map, $byte)$(.$wide(true))?,
                Feature::$feature,
            );
        )*)*

        #[doc = concat!("All of [`", stringify!($type), "`] with their names.")]
        pub const $table: &[(&str, $type)] = &[$($((stringify!($name), $name),)*)*];
    };
}

operation_type! {
    /// `dst = dst op src`, and in VEX form `dst = a op src`. `src` may be in memory, aligned to its
    /// size in the legacy form if that is 16 bytes.
    VecBin,
    /// `dst = a op src` in VEX form only; every [`VecBin`] is one.
    AvxBin
}
operation_type! {
    /// A [`VecBin`] with an immediate byte.
    VecBinImm,
    /// An [`AvxBin`] with an immediate byte.
    AvxBinImm
}
operation_type! {
    /// `dst = op src`, or a comparison of `dst` and `src` that sets flags. `src` may be in memory,
    /// aligned to its size in the legacy form if that is 16 bytes.
    VecUn,
    /// `dst = op src` in VEX form only; every [`VecUn`] is one.
    AvxUn
}
operation_type! {
    /// A [`VecUn`] with an immediate byte.
    VecUnImm,
    /// An [`AvxUn`] with an immediate byte.
    AvxUnImm
}
operation_type! {
    /// Replaces a part of `dst` by one of the register `src`; in VEX form, the rest comes from `a`.
    VecMerge
}
operation_type! {
    /// From a general-purpose register or memory to the low lane of `dst`; the rest stays, or in VEX
    /// form comes from `a`.
    GprToVec
}
operation_type! {
    /// From a vector register to a general-purpose register.
    VecToGpr
}
operation_type! {
    /// Puts a general-purpose register or memory into a lane.
    VecInsert
}
operation_type! {
    /// Puts a lane into a general-purpose register, zero-extended, or memory.
    VecExtract
}

operation_table! { VEC_BIN_TABLE: VecBin {
    Sse2 {
        ADDPS = Np M0F 0x58;
        ADDPD = P66 M0F 0x58;
        ADDSS = F3 M0F 0x58;
        ADDSD = F2 M0F 0x58;
        MULPS = Np M0F 0x59;
        MULPD = P66 M0F 0x59;
        MULSS = F3 M0F 0x59;
        MULSD = F2 M0F 0x59;
        SUBPS = Np M0F 0x5c;
        SUBPD = P66 M0F 0x5c;
        SUBSS = F3 M0F 0x5c;
        SUBSD = F2 M0F 0x5c;
        MINPS = Np M0F 0x5d;
        MINPD = P66 M0F 0x5d;
        MINSS = F3 M0F 0x5d;
        MINSD = F2 M0F 0x5d;
        DIVPS = Np M0F 0x5e;
        DIVPD = P66 M0F 0x5e;
        DIVSS = F3 M0F 0x5e;
        DIVSD = F2 M0F 0x5e;
        MAXPS = Np M0F 0x5f;
        MAXPD = P66 M0F 0x5f;
        MAXSS = F3 M0F 0x5f;
        MAXSD = F2 M0F 0x5f;
        ANDPS = Np M0F 0x54;
        ANDPD = P66 M0F 0x54;
        ANDNPS = Np M0F 0x55;
        ANDNPD = P66 M0F 0x55;
        ORPS = Np M0F 0x56;
        ORPD = P66 M0F 0x56;
        XORPS = Np M0F 0x57;
        XORPD = P66 M0F 0x57;
        UNPCKLPS = Np M0F 0x14;
        UNPCKLPD = P66 M0F 0x14;
        UNPCKHPS = Np M0F 0x15;
        UNPCKHPD = P66 M0F 0x15;
        SQRTSS = F3 M0F 0x51;
        SQRTSD = F2 M0F 0x51;
        CVTSS2SD = F3 M0F 0x5a;
        CVTSD2SS = F2 M0F 0x5a;
        PUNPCKLBW = P66 M0F 0x60;
        PUNPCKLWD = P66 M0F 0x61;
        PUNPCKLDQ = P66 M0F 0x62;
        PACKSSWB = P66 M0F 0x63;
        PCMPGTB = P66 M0F 0x64;
        PCMPGTW = P66 M0F 0x65;
        PCMPGTD = P66 M0F 0x66;
        PACKUSWB = P66 M0F 0x67;
        PUNPCKHBW = P66 M0F 0x68;
        PUNPCKHWD = P66 M0F 0x69;
        PUNPCKHDQ = P66 M0F 0x6a;
        PACKSSDW = P66 M0F 0x6b;
        PUNPCKLQDQ = P66 M0F 0x6c;
        PUNPCKHQDQ = P66 M0F 0x6d;
        PCMPEQB = P66 M0F 0x74;
        PCMPEQW = P66 M0F 0x75;
        PCMPEQD = P66 M0F 0x76;
        PSRLW = P66 M0F 0xd1;
        PSRLD = P66 M0F 0xd2;
        PSRLQ = P66 M0F 0xd3;
        PADDQ = P66 M0F 0xd4;
        PMULLW = P66 M0F 0xd5;
        PSUBUSB = P66 M0F 0xd8;
        PSUBUSW = P66 M0F 0xd9;
        PMINUB = P66 M0F 0xda;
        PAND = P66 M0F 0xdb;
        PADDUSB = P66 M0F 0xdc;
        PADDUSW = P66 M0F 0xdd;
        PMAXUB = P66 M0F 0xde;
        PANDN = P66 M0F 0xdf;
        PAVGB = P66 M0F 0xe0;
        PSRAW = P66 M0F 0xe1;
        PSRAD = P66 M0F 0xe2;
        PAVGW = P66 M0F 0xe3;
        PMULHUW = P66 M0F 0xe4;
        PMULHW = P66 M0F 0xe5;
        PSUBSB = P66 M0F 0xe8;
        PSUBSW = P66 M0F 0xe9;
        PMINSW = P66 M0F 0xea;
        POR = P66 M0F 0xeb;
        PADDSB = P66 M0F 0xec;
        PADDSW = P66 M0F 0xed;
        PMAXSW = P66 M0F 0xee;
        PXOR = P66 M0F 0xef;
        PSLLW = P66 M0F 0xf1;
        PSLLD = P66 M0F 0xf2;
        PSLLQ = P66 M0F 0xf3;
        PMULUDQ = P66 M0F 0xf4;
        PMADDWD = P66 M0F 0xf5;
        PSADBW = P66 M0F 0xf6;
        PSUBB = P66 M0F 0xf8;
        PSUBW = P66 M0F 0xf9;
        PSUBD = P66 M0F 0xfa;
        PSUBQ = P66 M0F 0xfb;
        PADDB = P66 M0F 0xfc;
        PADDW = P66 M0F 0xfd;
        PADDD = P66 M0F 0xfe;
    }
    Sse3 {
        HADDPS = F2 M0F 0x7c;
        HADDPD = P66 M0F 0x7c;
    }
    Ssse3 {
        PSHUFB = P66 M38 0x00;
        PHADDW = P66 M38 0x01;
        PHADDD = P66 M38 0x02;
        PMADDUBSW = P66 M38 0x04;
        PSIGNB = P66 M38 0x08;
        PSIGNW = P66 M38 0x09;
        PSIGND = P66 M38 0x0a;
        PMULHRSW = P66 M38 0x0b;
    }
    Sse41 {
        PMULDQ = P66 M38 0x28;
        PCMPEQQ = P66 M38 0x29;
        PACKUSDW = P66 M38 0x2b;
        PMINSB = P66 M38 0x38;
        PMINSD = P66 M38 0x39;
        PMINUW = P66 M38 0x3a;
        PMINUD = P66 M38 0x3b;
        PMAXSB = P66 M38 0x3c;
        PMAXSD = P66 M38 0x3d;
        PMAXUW = P66 M38 0x3e;
        PMAXUD = P66 M38 0x3f;
        PMULLD = P66 M38 0x40;
    }
    Sse42 {
        PCMPGTQ = P66 M38 0x37;
    }
} }

operation_table! { AVX_BIN_TABLE: AvxBin {
    Avx {
        VPERMILPS = P66 M38 0x0c;
        VPERMILPD = P66 M38 0x0d;
    }
    Avx2 {
        VPSRLVD = P66 M38 0x45;
        VPSRLVQ = P66 M38 0x45 wide;
        VPSRAVD = P66 M38 0x46;
        VPSLLVD = P66 M38 0x47;
        VPSLLVQ = P66 M38 0x47 wide;
    }
    Fma {
        VFMADD132PS = P66 M38 0x98;
        VFMADD132PD = P66 M38 0x98 wide;
        VFMADD132SS = P66 M38 0x99;
        VFMADD132SD = P66 M38 0x99 wide;
        VFMADD213PS = P66 M38 0xa8;
        VFMADD213PD = P66 M38 0xa8 wide;
        VFMADD213SS = P66 M38 0xa9;
        VFMADD213SD = P66 M38 0xa9 wide;
        VFMADD231PS = P66 M38 0xb8;
        VFMADD231PD = P66 M38 0xb8 wide;
        VFMADD231SS = P66 M38 0xb9;
        VFMADD231SD = P66 M38 0xb9 wide;
        VFMSUB132PS = P66 M38 0x9a;
        VFMSUB132PD = P66 M38 0x9a wide;
        VFMSUB132SS = P66 M38 0x9b;
        VFMSUB132SD = P66 M38 0x9b wide;
        VFMSUB213PS = P66 M38 0xaa;
        VFMSUB213PD = P66 M38 0xaa wide;
        VFMSUB213SS = P66 M38 0xab;
        VFMSUB213SD = P66 M38 0xab wide;
        VFMSUB231PS = P66 M38 0xba;
        VFMSUB231PD = P66 M38 0xba wide;
        VFMSUB231SS = P66 M38 0xbb;
        VFMSUB231SD = P66 M38 0xbb wide;
        VFNMADD132PS = P66 M38 0x9c;
        VFNMADD132PD = P66 M38 0x9c wide;
        VFNMADD132SS = P66 M38 0x9d;
        VFNMADD132SD = P66 M38 0x9d wide;
        VFNMADD213PS = P66 M38 0xac;
        VFNMADD213PD = P66 M38 0xac wide;
        VFNMADD213SS = P66 M38 0xad;
        VFNMADD213SD = P66 M38 0xad wide;
        VFNMADD231PS = P66 M38 0xbc;
        VFNMADD231PD = P66 M38 0xbc wide;
        VFNMADD231SS = P66 M38 0xbd;
        VFNMADD231SD = P66 M38 0xbd wide;
        VFNMSUB132PS = P66 M38 0x9e;
        VFNMSUB132PD = P66 M38 0x9e wide;
        VFNMSUB132SS = P66 M38 0x9f;
        VFNMSUB132SD = P66 M38 0x9f wide;
        VFNMSUB213PS = P66 M38 0xae;
        VFNMSUB213PD = P66 M38 0xae wide;
        VFNMSUB213SS = P66 M38 0xaf;
        VFNMSUB213SD = P66 M38 0xaf wide;
        VFNMSUB231PS = P66 M38 0xbe;
        VFNMSUB231PD = P66 M38 0xbe wide;
        VFNMSUB231SS = P66 M38 0xbf;
        VFNMSUB231SD = P66 M38 0xbf wide;
    }
} }

operation_table! { VEC_BIN_IMM_TABLE: VecBinImm {
    Sse2 {
        CMPPS = Np M0F 0xc2;
        CMPPD = P66 M0F 0xc2;
        CMPSS = F3 M0F 0xc2;
        CMPSD = F2 M0F 0xc2;
        SHUFPS = Np M0F 0xc6;
        SHUFPD = P66 M0F 0xc6;
    }
    Ssse3 {
        PALIGNR = P66 M3A 0x0f;
    }
    Sse41 {
        ROUNDSS = P66 M3A 0x0a;
        ROUNDSD = P66 M3A 0x0b;
        BLENDPS = P66 M3A 0x0c;
        BLENDPD = P66 M3A 0x0d;
        PBLENDW = P66 M3A 0x0e;
        INSERTPS = P66 M3A 0x21;
    }
} }

operation_table! { AVX_BIN_IMM_TABLE: AvxBinImm {
    Avx2 {
        VPBLENDD = P66 M3A 0x02;
    }
} }

operation_table! { VEC_UN_TABLE: VecUn {
    Sse2 {
        SQRTPS = Np M0F 0x51;
        SQRTPD = P66 M0F 0x51;
        UCOMISS = Np M0F 0x2e;
        UCOMISD = P66 M0F 0x2e;
        CVTPS2PD = Np M0F 0x5a;
        CVTPD2PS = P66 M0F 0x5a;
        CVTDQ2PS = Np M0F 0x5b;
        CVTPS2DQ = P66 M0F 0x5b;
        CVTTPS2DQ = F3 M0F 0x5b;
        CVTTPD2DQ = P66 M0F 0xe6;
        CVTDQ2PD = F3 M0F 0xe6;
        CVTPD2DQ = F2 M0F 0xe6;
        MOVQ_ZERO = F3 M0F 0x7e;
    }
    Sse3 {
        MOVDDUP = F2 M0F 0x12;
        MOVSLDUP = F3 M0F 0x12;
        MOVSHDUP = F3 M0F 0x16;
    }
    Ssse3 {
        PABSB = P66 M38 0x1c;
        PABSW = P66 M38 0x1d;
        PABSD = P66 M38 0x1e;
    }
    Sse41 {
        PTEST = P66 M38 0x17;
        PMOVSXBW = P66 M38 0x20;
        PMOVSXBD = P66 M38 0x21;
        PMOVSXBQ = P66 M38 0x22;
        PMOVSXWD = P66 M38 0x23;
        PMOVSXWQ = P66 M38 0x24;
        PMOVSXDQ = P66 M38 0x25;
        PMOVZXBW = P66 M38 0x30;
        PMOVZXBD = P66 M38 0x31;
        PMOVZXBQ = P66 M38 0x32;
        PMOVZXWD = P66 M38 0x33;
        PMOVZXWQ = P66 M38 0x34;
        PMOVZXDQ = P66 M38 0x35;
        PHMINPOSUW = P66 M38 0x41;
    }
} }

// `vbroadcastss` from a register is of AVX2; from memory, AVX has it too.
operation_table! { AVX_UN_TABLE: AvxUn {
    Avx2 {
        VBROADCASTSS = P66 M38 0x18;
        VPBROADCASTD = P66 M38 0x58;
        VPBROADCASTQ = P66 M38 0x59;
        VPBROADCASTB = P66 M38 0x78;
        VPBROADCASTW = P66 M38 0x79;
    }
} }

operation_table! { VEC_UN_IMM_TABLE: VecUnImm {
    Sse2 {
        PSHUFD = P66 M0F 0x70;
        PSHUFHW = F3 M0F 0x70;
        PSHUFLW = F2 M0F 0x70;
    }
    Sse41 {
        ROUNDPS = P66 M3A 0x08;
        ROUNDPD = P66 M3A 0x09;
    }
} }

operation_table! { AVX_UN_IMM_TABLE: AvxUnImm {
    Avx {
        VPERMILPS_IMM = P66 M3A 0x04;
        VPERMILPD_IMM = P66 M3A 0x05;
    }
} }

operation_table! { VEC_MERGE_TABLE: VecMerge {
    Sse2 {
        MOVSS_MERGE = F3 M0F 0x10;
        MOVSD_MERGE = F2 M0F 0x10;
        MOVHLPS = Np M0F 0x12;
        MOVLHPS = Np M0F 0x16;
    }
} }

operation_table! { GPR_TO_VEC_TABLE: GprToVec {
    Sse2 {
        CVTSI2SS = F3 M0F 0x2a;
        CVTSI2SD = F2 M0F 0x2a;
    }
} }

operation_table! { VEC_TO_GPR_TABLE: VecToGpr {
    Sse2 {
        CVTTSS2SI = F3 M0F 0x2c;
        CVTTSD2SI = F2 M0F 0x2c;
        CVTSS2SI = F3 M0F 0x2d;
        CVTSD2SI = F2 M0F 0x2d;
        MOVMSKPS = Np M0F 0x50;
        MOVMSKPD = P66 M0F 0x50;
        PMOVMSKB = P66 M0F 0xd7;
    }
} }

operation_table! { VEC_INSERT_TABLE: VecInsert {
    Sse2 {
        PINSRW = P66 M0F 0xc4;
    }
    Sse41 {
        PINSRB = P66 M3A 0x20;
        PINSRD = P66 M3A 0x22;
        PINSRQ = P66 M3A 0x22 wide;
    }
} }

operation_table! { VEC_EXTRACT_TABLE: VecExtract {
    Sse41 {
        PEXTRB = P66 M3A 0x14;
        PEXTRW = P66 M3A 0x15;
        PEXTRD = P66 M3A 0x16;
        PEXTRQ = P66 M3A 0x16 wide;
        EXTRACTPS = P66 M3A 0x17;
    }
} }

/// Loads and stores of vector registers.
macro_rules! move_table {
    ($(#[$doc:meta])* $table:ident: $type:ident {
        $($name:ident = $load_prefix:ident $load:literal, $store_prefix:ident $store:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Copy, Clone, Debug, PartialEq, Eq)]
        pub struct $type {
            pub(super) load: Opcode,
            pub(super) store: Opcode,
        }

        $(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: $type = $type {
                load: Opcode::new(Prefix::$load_prefix, Map::M0F, $load),
                store: Opcode::new(Prefix::$store_prefix, Map::M0F, $store),
            };
        )*

        #[doc = concat!("All of [`", stringify!($type), "`] with their names.")]
        pub const $table: &[(&str, $type)] = &[$((stringify!($name), $name),)*];
    };
}

move_table! {
    /// Loads to a register, of which the rest becomes zero, and stores. Those with an `A` in the
    /// name need an alignment of 16 bytes.
    VEC_MOVE_TABLE: VecMove {
        MOVUPS = Np 0x10, Np 0x11;
        MOVUPD = P66 0x10, P66 0x11;
        MOVSS = F3 0x10, F3 0x11;
        MOVSD = F2 0x10, F2 0x11;
        MOVAPS = Np 0x28, Np 0x29;
        MOVAPD = P66 0x28, P66 0x29;
        MOVD = P66 0x6e, P66 0x7e;
        MOVDQA = P66 0x6f, P66 0x7f;
        MOVDQU = F3 0x6f, F3 0x7f;
        MOVQ = F3 0x7e, P66 0xd6;
    }
}

move_table! {
    /// Loads to and stores from one half of a register. The other half stays as it is, or in VEX
    /// form comes from `a`.
    VEC_HALF_TABLE: VecHalf {
        MOVLPS = Np 0x12, Np 0x13;
        MOVHPS = Np 0x16, Np 0x17;
    }
}

/// Shifts of lanes, or of the whole register in bytes, by a constant.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct VecShift {
    pub(super) opcode: Opcode,
    pub(super) extension: u8,
}

macro_rules! shift_table {
    ($table:ident { $($name:ident = $byte:literal / $extension:literal;)* }) => {
        $(
            #[doc = concat!("`", stringify!($name), "` by an immediate")]
            pub const $name: VecShift = VecShift {
                opcode: Opcode::new(Prefix::P66, Map::M0F, $byte),
                extension: $extension,
            };
        )*

        /// All of [`VecShift`] with their names.
        pub const $table: &[(&str, VecShift)] = &[$((stringify!($name), $name),)*];
    };
}

shift_table! { VEC_SHIFT_TABLE {
    PSRLW_IMM = 0x71 / 2;
    PSRAW_IMM = 0x71 / 4;
    PSLLW_IMM = 0x71 / 6;
    PSRLD_IMM = 0x72 / 2;
    PSRAD_IMM = 0x72 / 4;
    PSLLD_IMM = 0x72 / 6;
    PSRLQ_IMM = 0x73 / 2;
    PSRLDQ_IMM = 0x73 / 3;
    PSLLQ_IMM = 0x73 / 6;
    PSLLDQ_IMM = 0x73 / 7;
} }

/// Choice of lanes by the highest bit of each lane of a mask, which is `xmm0` in the legacy form.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct VecBlend {
    pub(super) legacy: Opcode,
    pub(super) vex: Opcode,
}

macro_rules! blend_table {
    ($table:ident { $($name:ident = $legacy:literal, $vex:literal;)* }) => {
        $(
            #[doc = concat!("`", stringify!($name), "`")]
            pub const $name: VecBlend = VecBlend {
                legacy: Opcode::new(Prefix::P66, Map::M38, $legacy),
                vex: Opcode::new(Prefix::P66, Map::M3A, $vex),
            };
        )*

        /// All of [`VecBlend`] with their names. The legacy forms need SSE4.1.
        pub const $table: &[(&str, VecBlend)] = &[$((stringify!($name), $name),)*];
    };
}

blend_table! { VEC_BLEND_TABLE {
    PBLENDVB = 0x10, 0x4c;
    BLENDVPS = 0x14, 0x4a;
    BLENDVPD = 0x15, 0x4b;
} }
