// One image on a canvas: zoom to single pixels, pan, and a window of gray values. Sizes are pixels of the screen.

const LARGEST = 32;
const STEP = 1.25;
const SMOOTH_BELOW = 2;

export class Picture {
  constructor(canvas, filter, changed) {
    this.canvas = canvas;
    this.functions = [...filter.querySelectorAll("feFuncR, feFuncG, feFuncB")];
    this.changed = changed;
    this.image = null;
    this.brightness = this.contrast = 0;
    this.touches = new Map();
    this.fit();
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this.touches.delete(event.pointerId));
    }
    canvas.addEventListener("dblclick", (event) => this.toggle(...this.place(event)));
    this.light();
  }

  // Show another image, whole or in the same place; null for none.
  show(image, isInPlace = false) {
    this.image = image;
    if (isInPlace) this.draw();
    else this.fit();
  }

  fit() {
    this.isWhole = true;
    this.draw();
  }

  reset() {
    this.brightness = this.contrast = 0;
    this.light();
    this.fit();
  }

  // Between the whole image and original pixels.
  toggle(x = this.canvas.width / 2, y = this.canvas.height / 2) {
    if (this.isWhole) this.zoomTo(1, x, y);
    else this.fit();
  }

  zoom(steps, x = this.canvas.width / 2, y = this.canvas.height / 2) {
    this.zoomTo(this.scale * STEP ** steps, x, y);
  }

  // Screen pixels per image pixel become `scale`; what is at (x, y) stays there.
  zoomTo(scale, x, y) {
    if (!this.image) return;
    const smallest = Math.min(1, this.whole());
    const next = Math.min(LARGEST, Math.max(smallest, scale));
    this.left = x - (x - this.left) * (next / this.scale);
    this.top = y - (y - this.top) * (next / this.scale);
    this.scale = next;
    this.isWhole = false;
    this.draw();
  }

  // Move what is seen by parts of the canvas.
  pan(across, down) {
    this.shift(-across * this.canvas.width, -down * this.canvas.height);
  }

  shift(across, down) {
    this.left += across;
    this.top += down;
    this.isWhole = false;
    this.draw();
  }

  brighten(steps) {
    this.brightness = Math.min(100, Math.max(-100, this.brightness + steps));
    this.light();
  }

  sharpen(steps) {
    this.contrast = Math.min(100, Math.max(-100, this.contrast + steps));
    this.light();
  }

  // The window: its center in [0, 1] falls with brightness, its width with contrast.
  get window() {
    const center = 0.5 - this.brightness / 200;
    const width = 2 ** (-this.contrast / 25);
    return { center, width };
  }

  light() {
    const { center, width } = this.window;
    for (const one of this.functions) {
      one.setAttribute("slope", 1 / width);
      one.setAttribute("intercept", 0.5 - center / width);
    }
    this.canvas.style.filter = this.brightness || this.contrast ? "url(#window)" : "none";
    this.changed(this);
  }

  whole() {
    const { width, height } = this.canvas;
    return Math.min(width / this.image.width, height / this.image.height, LARGEST);
  }

  resize() {
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.draw();
  }

  draw() {
    const { canvas, image } = this;
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (image && canvas.width && canvas.height) {
      if (this.isWhole) this.scale = this.whole();
      const width = image.width * this.scale;
      const height = image.height * this.scale;
      this.left = kept(this.left, width, canvas.width, this.isWhole);
      this.top = kept(this.top, height, canvas.height, this.isWhole);
      context.imageSmoothingEnabled = this.scale < SMOOTH_BELOW;
      context.imageSmoothingQuality = "high";
      context.drawImage(image, Math.round(this.left), Math.round(this.top), width, height);
    }
    this.changed(this);
  }

  place(event) {
    const ratio = this.canvas.width / this.canvas.clientWidth;
    return [event.offsetX * ratio, event.offsetY * ratio];
  }

  wheel(event) {
    event.preventDefault();
    this.zoom(-Math.sign(event.deltaY), ...this.place(event));
  }

  press(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.touches.set(event.pointerId, this.place(event));
  }

  // One finger or the mouse pans, two fingers zoom.
  move(event) {
    const before = this.touches.get(event.pointerId);
    if (!before || !this.image) return;
    const [x, y] = this.place(event);
    this.touches.set(event.pointerId, [x, y]);
    const other = [...this.touches].find(([id]) => id !== event.pointerId)?.[1];
    if (!other) {
      this.shift(x - before[0], y - before[1]);
      return;
    }
    const distance = (place) => Math.hypot(place[0] - other[0], place[1] - other[1]) || 1;
    this.zoomTo(this.scale * (distance([x, y]) / distance(before)), (x + other[0]) / 2, (y + other[1]) / 2);
  }
}

// Where an image begins so that it stays in view: centered if it is smaller than the canvas.
function kept(start, length, available, center) {
  if (center || length <= available || !Number.isFinite(start)) return (available - length) / 2;
  return Math.min(0, Math.max(available - length, start));
}
