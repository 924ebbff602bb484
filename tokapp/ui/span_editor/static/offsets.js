/**
 * Code points outside of the editor, UTF-16 units inside: this is the only place where one becomes the other.
 */

const PAIR = /[\ud800-\udbff][\udc00-\udfff]/;

/** Both directions for one text; offsets inside of a surrogate pair go to the pair's start. */
export class Offsets {
  /** @param {string} text */
  constructor(text) {
    /** @type {Uint32Array | null} code point of every unit, null where both are equal */
    this.points = null;
    /** @type {Uint32Array | null} unit of every code point */
    this.units = null;
    this.length = text.length;
    if (PAIR.test(text)) this.#fill(text);
  }

  /** @param {number} point a code point offset @returns {number} the UTF-16 offset of the same place */
  toUnit(point) {
    return this.units ? this.units[Math.min(point, this.length)] : point;
  }

  /** @param {number} unit a UTF-16 offset @returns {number} the code point offset of the same place */
  toPoint(unit) {
    return this.points ? this.points[unit] : unit;
  }

  /** @param {string} text */
  #fill(text) {
    const points = new Uint32Array(text.length + 1);
    const units = new Uint32Array(text.length + 1);
    let point = 0;
    for (let unit = 0; unit < text.length; point += 1) {
      const width = /** @type {number} */ (text.codePointAt(unit)) > 0xffff ? 2 : 1;
      units[point] = unit;
      points.fill(point, unit, unit + width);
      unit += width;
    }
    points[text.length] = point;
    units[point] = text.length;
    this.points = points;
    this.units = units.slice(0, point + 1);
    this.length = point;
  }
}
