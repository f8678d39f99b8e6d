/** What was found: the table, the acceptance lines and the JSON file. */
@NullMarked
package io.zeoraid.bench.report;

import org.jspecify.annotations.NullMarked;
