/** A server that answers at once: it shows how fast the load generator itself is. */
@NullMarked
package io.zeoraid.bench.echo;

import org.jspecify.annotations.NullMarked;
