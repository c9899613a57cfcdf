//! WASI error numbers, and the one table that maps the host's onto them.

use std::fmt;
use std::io;

/// Defines [`Errno`] and its translation from the host's error numbers.
///
/// One row per WASI error number, in numeric order: variant, the name of the same error in
/// `rustix::io::Errno` (`-` when Linux has none), and the description in the specification.
macro_rules! errnos {
    ($($variant:ident $host:tt $text:literal;)*) => {
        /// An error number of WASI preview 1 (`errno` in the witx). Preview 0 uses the same numbers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        #[non_exhaustive]
        pub enum Errno {
            $(#[doc = $text] $variant,)*
        }

        impl Errno {
            /// Every error number, in numeric order.
            pub const ALL: &'static [Errno] = &[$(Errno::$variant,)*];

            /// The description of the error in the WASI specification.
            pub fn description(self) -> &'static str {
                match self {
                    $(Errno::$variant => $text,)*
                }
            }
        }

        impl From<rustix::io::Errno> for Errno {
            fn from(host: rustix::io::Errno) -> Errno {
                $(errnos!(@compare host $host $variant);)*
                // Linux-only numbers that WASI has no name for.
                Errno::Io
            }
        }
    };
    (@compare $host:ident - $variant:ident) => {};
    (@compare $host:ident $name:ident $variant:ident) => {
        if $host == rustix::io::Errno::$name {
            return Errno::$variant;
        }
    };
}

errnos! {
    Success - "No error occurred";
    TooBig TOOBIG "Argument list too long";
    Acces ACCESS "Permission denied";
    Addrinuse ADDRINUSE "Address in use";
    Addrnotavail ADDRNOTAVAIL "Address not available";
    Afnosupport AFNOSUPPORT "Address family not supported";
    Again AGAIN "Resource unavailable, or operation would block";
    Already ALREADY "Connection already in progress";
    Badf BADF "Bad file descriptor";
    Badmsg BADMSG "Bad message";
    Busy BUSY "Device or resource busy";
    Canceled CANCELED "Operation canceled";
    Child CHILD "No child processes";
    Connaborted CONNABORTED "Connection aborted";
    Connrefused CONNREFUSED "Connection refused";
    Connreset CONNRESET "Connection reset";
    Deadlk DEADLK "Resource deadlock would occur";
    Destaddrreq DESTADDRREQ "Destination address required";
    Dom DOM "Mathematics argument out of domain of function";
    Dquot DQUOT "Disk quota exceeded";
    Exist EXIST "File exists";
    Fault FAULT "Bad address";
    Fbig FBIG "File too large";
    Hostunreach HOSTUNREACH "Host is unreachable";
    Idrm IDRM "Identifier removed";
    Ilseq ILSEQ "Illegal byte sequence";
    Inprogress INPROGRESS "Operation in progress";
    Intr INTR "Interrupted function";
    Inval INVAL "Invalid argument";
    Io IO "I/O error";
    Isconn ISCONN "Socket is connected";
    Isdir ISDIR "Is a directory";
    Loop LOOP "Too many levels of symbolic links";
    Mfile MFILE "File descriptor value too large";
    Mlink MLINK "Too many links";
    Msgsize MSGSIZE "Message too large";
    Multihop MULTIHOP "Multihop attempted";
    Nametoolong NAMETOOLONG "Filename too long";
    Netdown NETDOWN "Network is down";
    Netreset NETRESET "Connection aborted by network";
    Netunreach NETUNREACH "Network unreachable";
    Nfile NFILE "Too many files open in system";
    Nobufs NOBUFS "No buffer space available";
    Nodev NODEV "No such device";
    Noent NOENT "No such file or directory";
    Noexec NOEXEC "Executable file format error";
    Nolck NOLCK "No locks available";
    Nolink NOLINK "Link has been severed";
    Nomem NOMEM "Not enough space";
    Nomsg NOMSG "No message of the desired type";
    Noprotoopt NOPROTOOPT "Protocol not available";
    Nospc NOSPC "No space left on device";
    Nosys NOSYS "Function not supported";
    Notconn NOTCONN "The socket is not connected";
    Notdir NOTDIR "Not a directory or a symbolic link to a directory";
    Notempty NOTEMPTY "Directory not empty";
    Notrecoverable NOTRECOVERABLE "State not recoverable";
    Notsock NOTSOCK "Not a socket";
    Notsup NOTSUP "Not supported, or operation not supported on socket";
    Notty NOTTY "Inappropriate I/O control operation";
    Nxio NXIO "No such device or address";
    Overflow OVERFLOW "Value too large to be stored in data type";
    Ownerdead OWNERDEAD "Previous owner died";
    Perm PERM "Operation not permitted";
    Pipe PIPE "Broken pipe";
    Proto PROTO "Protocol error";
    Protonosupport PROTONOSUPPORT "Protocol not supported";
    Prototype PROTOTYPE "Protocol wrong type for socket";
    Range RANGE "Result too large";
    Rofs ROFS "Read-only file system";
    Spipe SPIPE "Invalid seek";
    Srch SRCH "No such process";
    Stale STALE "Stale file handle";
    Timedout TIMEDOUT "Connection timed out";
    Txtbsy TXTBSY "Text file busy";
    Xdev XDEV "Cross-device link";
    Notcapable - "Capabilities insufficient";
}

impl Errno {
    /// The number that the guest sees, from 0 (`success`) to 76 (`notcapable`).
    pub fn raw(self) -> u16 {
        self as u16
    }
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (WASI errno {})", self.description(), self.raw())
    }
}

impl std::error::Error for Errno {}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        if let Some(host) = rustix::io::Errno::from_io_error(&error) {
            return host.into();
        }
        // Errors made by Rust code: custom streams, and `cap-std` refusing a path that leads
        // outside of its directory (`PermissionDenied` without an operating system's number).
        match error.kind() {
            io::ErrorKind::NotFound => Errno::Noent,
            io::ErrorKind::PermissionDenied => Errno::Perm,
            io::ErrorKind::ConnectionRefused => Errno::Connrefused,
            io::ErrorKind::ConnectionReset => Errno::Connreset,
            io::ErrorKind::ConnectionAborted => Errno::Connaborted,
            io::ErrorKind::NotConnected => Errno::Notconn,
            io::ErrorKind::AddrInUse => Errno::Addrinuse,
            io::ErrorKind::AddrNotAvailable => Errno::Addrnotavail,
            io::ErrorKind::BrokenPipe => Errno::Pipe,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::WouldBlock => Errno::Again,
            io::ErrorKind::NotADirectory => Errno::Notdir,
            io::ErrorKind::IsADirectory => Errno::Isdir,
            io::ErrorKind::DirectoryNotEmpty => Errno::Notempty,
            io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename => Errno::Inval,
            io::ErrorKind::InvalidData => Errno::Ilseq,
            io::ErrorKind::TimedOut => Errno::Timedout,
            io::ErrorKind::StorageFull | io::ErrorKind::WriteZero => Errno::Nospc,
            io::ErrorKind::QuotaExceeded => Errno::Dquot,
            io::ErrorKind::FileTooLarge => Errno::Fbig,
            io::ErrorKind::ResourceBusy => Errno::Busy,
            io::ErrorKind::ExecutableFileBusy => Errno::Txtbsy,
            io::ErrorKind::CrossesDevices => Errno::Xdev,
            io::ErrorKind::TooManyLinks => Errno::Mlink,
            io::ErrorKind::NotSeekable => Errno::Spipe,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::Unsupported => Errno::Notsup,
            io::ErrorKind::OutOfMemory => Errno::Nomem,
            _ => Errno::Io,
        }
    }
}
