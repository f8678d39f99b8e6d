/**
 * TLS as ZEO does it: certificates from files, verified on both sides, read again when they change.
 */
@NullMarked
package io.zeoraid.server.net.tls;

import org.jspecify.annotations.NullMarked;
