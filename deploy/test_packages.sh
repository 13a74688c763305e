#!/bin/sh
# Debian packages that some tests use. Installs what it may; says what will be skipped where it may not.
set -u
wanted="mosquitto:mosquitto influxd:influxdb chromium:chromium strace:strace faketime:faketime mkfs.ext4:e2fsprogs"
PATH=$PATH:/usr/sbin

missing=""
for pair in $wanted; do
    command -v "${pair%%:*}" >/dev/null 2>&1 || missing="$missing ${pair##*:}"
done
/usr/bin/python3 -c "import gi; gi.require_version('GstRtspServer', '1.0')" >/dev/null 2>&1 ||
    missing="$missing python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good"
/usr/bin/python3 -c "import ctypes; ctypes.CDLL('libgomp.so.1')" >/dev/null 2>&1 || missing="$missing libgomp1"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$missing" >&2
    # Servers are started by the tests on ports of their own, never as a service.
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d.vilina && chmod +x /usr/sbin/policy-rc.d.vilina
    [ -e /usr/sbin/policy-rc.d ] || ln -s policy-rc.d.vilina /usr/sbin/policy-rc.d
    # shellcheck disable=SC2086 # a list of names
    apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
    status=$?
    [ "$(readlink /usr/sbin/policy-rc.d)" = policy-rc.d.vilina ] && rm /usr/sbin/policy-rc.d
    rm -f /usr/sbin/policy-rc.d.vilina
    [ $status = 0 ] && exit 0
fi
echo "Not installed, so their tests are skipped:$missing. To have them: sudo apt-get install$missing" >&2
exit 0
