/**
 * How the world outside looks at a server and tells it its wishes: the gRPC service, health and
 * metrics.
 */
@NullMarked
package io.zeoraid.server.control;

import org.jspecify.annotations.NullMarked;
