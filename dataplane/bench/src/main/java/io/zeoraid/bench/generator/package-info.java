/** The load: connections of clients that load and commit as fast as they are answered. */
@NullMarked
package io.zeoraid.bench.generator;

import org.jspecify.annotations.NullMarked;
