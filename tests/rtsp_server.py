"""A real RTSP server that plays a recording (Motion JPEG in AVI): Debian's GStreamer, run by Debian's own Python.

/usr/bin/python3 rtsp_server.py PORT RECORDING
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  # the versions come first

Gst.init(None)
server = GstRtspServer.RTSPServer(address="127.0.0.1", service=sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory(shared=False)
factory.set_launch(f"( filesrc location={sys.argv[2]} ! avidemux ! jpegparse ! rtpjpegpay name=pay0 )")
server.get_mount_points().add_factory("/door", factory)
server.attach(None)
GLib.MainLoop().run()
