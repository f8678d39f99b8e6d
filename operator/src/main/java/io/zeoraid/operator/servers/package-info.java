/** Talks to the ZEORaid servers by gRPC. */
@NullMarked
package io.zeoraid.operator.servers;

import org.jspecify.annotations.NullMarked;
