/**
 * The ZEO 5 protocol as records: frames in, messages out, and back. No sockets, no threads, no
 * clock.
 *
 * <p>Source: {@code ZEO/asyncio/marshal.py}, {@code ZEO/asyncio/server.py}, {@code
 * ZEO/asyncio/client.py} and {@code ZEO/StorageServer.py} of ZEO 6.2.
 */
@NullMarked
package io.zeoraid.protocol;

import org.jspecify.annotations.NullMarked;
