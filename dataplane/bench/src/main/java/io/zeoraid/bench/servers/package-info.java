/** The processes under test: started, asked for their processor time, and always ended. */
@NullMarked
package io.zeoraid.bench.servers;

import org.jspecify.annotations.NullMarked;
