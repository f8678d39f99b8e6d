/** Sockets, frames, and the one event loop on which everything of a server happens. */
@NullMarked
package io.zeoraid.server.net;

import org.jspecify.annotations.NullMarked;
