/** Connections to the backends: ZEO's client side. */
@NullMarked
package io.zeoraid.server.backend;

import org.jspecify.annotations.NullMarked;
