/** Connections of ZEO clients: ZEO's server side. */
@NullMarked
package io.zeoraid.server.client;

import org.jspecify.annotations.NullMarked;
