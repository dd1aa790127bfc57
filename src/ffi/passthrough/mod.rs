//! What is not ours goes on to the machine's own secur32.dll: calls on its packages' handles and
//! names with the caller's own pointers, and the families of exports that this library does not
//! have. Elsewhere than on Windows there is no such DLL, and nothing of this.

#[cfg(windows)]
mod forward;
#[cfg(any(windows, test))]
mod handles;
#[cfg(windows)]
pub(super) mod packages;
#[cfg(windows)]
pub(super) mod route;
#[cfg(windows)]
pub(super) mod wrapped;

/// In front of an export's own work: the call is the machine's own function's where the first
/// argument says so. That function runs outside of the guard, since nothing of it is Rust's.
macro_rules! hand_over {
    // A call on a handle of theirs, also where one of ours stands in front of it.
    (behind $handle:ident => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let front = $crate::ffi::passthrough::wrapped::Front::of($handle);
        #[cfg(windows)]
        let $handle = front.context();
        hand_over!(
            @if front.is_held() || $crate::ffi::passthrough::route::context($handle)
                => $name($($argument),*),
            then |_| ()
        );
    };
    // A query, likewise; what the Sasl functions have changed of the answers is ours.
    (query $handle:ident, $attribute:ident => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let front = $crate::ffi::passthrough::wrapped::Front::asked($handle, $attribute);
        #[cfg(windows)]
        let $handle = front.context();
        hand_over!(
            @if front.is_held() || $crate::ffi::passthrough::route::context($handle)
                => $name($($argument),*),
            then |_| ()
        );
    };
    // A call on a handle.
    ($kind:ident $handle:ident => $name:ident($($argument:ident),*)) => {
        hand_over!(
            @if $crate::ffi::passthrough::route::$kind($handle) => $name($($argument),*),
            then |_| ()
        );
    };
    // A leg through SASL, which is ours also over the packages of theirs that are wrapped.
    (sasl $credential:ident, $context:ident, $new:ident => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let before = $crate::ffi::passthrough::route::words($context);
        hand_over!(
            @if $crate::ffi::passthrough::route::leg($credential, $context)
                && !$crate::ffi::passthrough::wrapped::is_known($credential)
                => $name($($argument),*),
            then |status| $crate::ffi::passthrough::route::begun(before, $new, status)
        );
    };
    // A leg of an exchange, which may begin a context.
    (leg $credential:ident, $context:ident, $new:ident => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let before = $crate::ffi::passthrough::route::words($context);
        hand_over!(
            @if $crate::ffi::passthrough::route::leg($credential, $context)
                => $name($($argument),*),
            then |status| $crate::ffi::passthrough::route::begun(before, $new, status)
        );
    };
    // A call that makes a handle of a package's.
    (package $package:expr, $kind:ident $new:ident => $name:ident($($argument:ident),*)) => {
        hand_over!(
            @if $crate::ffi::passthrough::route::package($package) => $name($($argument),*),
            then |status| $crate::ffi::passthrough::route::$kind($package, $new, status)
        );
    };
    // A call on a package.
    (package $package:expr => $name:ident($($argument:ident),*)) => {
        hand_over!(
            @if $crate::ffi::passthrough::route::package($package) => $name($($argument),*),
            then |_| $crate::ffi::passthrough::route::asked()
        );
    };
    // The end of a handle.
    (end $kind:ident $handle:ident, $ended:ident => $name:ident($($argument:ident),*)) => {
        #[cfg(windows)]
        let before = $crate::ffi::passthrough::route::words($handle);
        hand_over!(
            @if $crate::ffi::passthrough::route::$kind($handle) => $name($($argument),*),
            then |status| $crate::ffi::passthrough::route::$ended(before, status)
        );
    };
    (@if $theirs:expr => $name:ident($($argument:ident),*), then $then:expr) => {
        #[cfg(windows)]
        match $crate::ffi::passthrough::route::of(stringify!($name), || $theirs) {
            $crate::ffi::passthrough::route::Route::Ours => {}
            $crate::ffi::passthrough::route::Route::Nobodys(status) => return status,
            $crate::ffi::passthrough::route::Route::Theirs(address) => {
                let ours: unsafe extern "system" fn($(hand_over!(@any $argument)),*) -> _ = $name;
                // SAFETY: the function of this export's name, which has this export's type.
                let theirs = unsafe { $crate::ffi::passthrough::route::typed(ours, address) };
                // SAFETY: the caller's arguments, as they are.
                let status = unsafe { theirs($($argument),*) };
                $crate::ffi::passthrough::route::after(stringify!($name), || $then(status));
                return status;
            }
        }
    };
    (@any $argument:ident) => { _ };
}
pub(super) use hand_over;
